-- What a user of Neovim 0.11 writes to have the server, and completion while typing.
vim.lsp.config("fx", { cmd = { vim.env.FX_LSP }, filetypes = { "python" }, root_markers = { "config/orm.yaml" } })
vim.lsp.enable("fx")
vim.api.nvim_create_autocmd("LspAttach", {
  callback = function(event)
    vim.lsp.completion.enable(true, event.data.client_id, event.buf, { autotrigger = true })
  end,
})
vim.o.completeopt = "menu,menuone,noselect"

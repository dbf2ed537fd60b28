;;; A session in Emacs with Eglot: see a problem, complete a column, have the problem mended.  -*- lexical-binding: t -*-
;; emacs -q --batch -l emacs.el FILE; the environment variable FX_LSP names the server.

(unless (require 'eglot nil t)          ; built in since Emacs 29
  (package-initialize)
  (require 'eglot))

(add-to-list 'eglot-server-programs (list 'python-mode (getenv "FX_LSP")))
(setq eglot-sync-connect 20
      eglot-confirm-server-initiated-edits nil
      python-indent-guess-indent-offset nil)

(defun until (what ask)
  "Wait until ASK answers; WHAT says what is waited for."
  (let ((end (+ (float-time) 20)) answer)
    (while (and (not (setq answer (funcall ask))) (< (float-time) end))
      (accept-process-output nil 0.05))
    (or answer (error "Waited in vain for %s" what))))

(defun tell-the-server ()
  "Send what was edited: the timer that does it does not run in batch mode."
  (eglot--signal-textDocument/didChange))

(defun problem ()
  (flymake-start)
  (car (flymake-diagnostics)))

(defun expect (what expected actual)
  (unless (equal expected actual)
    (error "%s: expected %S, got %S" what expected actual)))

(condition-case failure
    (progn
      (find-file (car command-line-args-left))
      (apply #'eglot (eglot--guess-contact))
      (until "the server" #'eglot-current-server)
      (flymake-mode 1)

      (let ((found (until "a problem" #'problem)))
        (expect "message"
                "QueryBuilder.where(\"p.creatd_at\"): table \"product\" (p) has no column \"creatd_at\"; did you mean \"created_at\"?"
                (replace-regexp-in-string
                 "^fx[^:]*: " "" (substring-no-properties (flymake-diagnostic-text found))))
        (expect "range" "creatd_at"
                (buffer-substring-no-properties (flymake-diagnostic-beg found) (flymake-diagnostic-end found))))

      (goto-char (point-min))
      (search-forward ".where(\"p.creatd_at\"")
      (search-backward "creatd_at")
      (let* ((actions (eglot-code-actions (point) (+ (point) 9)))
             (fix (seq-find (lambda (action) (equal (plist-get action :title) "Change to \"created_at\"")) actions)))
        (unless fix (error "No fix among %S" actions))
        (if (fboundp 'eglot-execute)
            (eglot-execute (eglot-current-server) fix)
          (eglot--apply-workspace-edit (plist-get fix :edit))))
      (expect "the line after the fix" ".where(\"p.created_at\", \">=\", since)" (string-trim (thing-at-point 'line t)))
      (tell-the-server)
      (until "no problem" (lambda () (null (problem))))

      (search-forward "\n")
      (insert ".where(\"p.")
      (tell-the-server)
      (let* ((completion (eglot-completion-at-point))
             (words (mapcar #'substring-no-properties (all-completions "" (nth 2 completion)))))
        (unless (member "price" words) (error "No column among %S" words)))

      (set-buffer-modified-p nil)
      (eglot-shutdown (eglot-current-server))
      (message "done in Emacs %s" emacs-version)
      (kill-emacs 0))
  (error (message "failed: %s" (error-message-string failure))
         (kill-emacs 1)))

-- What each example of the documentation sends, on each database; the values that go with it stand behind "--:".
-- {p} stands for all columns of the products under the alias p, {products} for those without an alias.

-- 01 find_by_name
-- sqlite
SELECT {products} FROM products WHERE products.name = ? LIMIT ? OFFSET ?;
--: ["Pot", 1, 0]
-- postgresql
SELECT {products} FROM products WHERE products.name = %(v0)s::VARCHAR LIMIT %(v1)s::INTEGER;
--: ["Pot", 1]
-- mariadb
SELECT {products} FROM products WHERE products.name = %(v0)s LIMIT %(v1)s;
--: ["Pot", 1]

-- 02 find_active_products
-- sqlite
SELECT {products} FROM products WHERE products.is_active = ?;
--: [1]
-- postgresql
SELECT {products} FROM products WHERE products.is_active = %(v0)s;
--: [True]
-- mariadb
SELECT {products} FROM products WHERE products.is_active = %(v0)s;
--: [1]

-- 03 find_by_category
-- sqlite
SELECT {products} FROM products WHERE products.category_id = ?;
--: [1]
-- postgresql
SELECT {products} FROM products WHERE products.category_id = %(v0)s::INTEGER;
--: [1]
-- mariadb
SELECT {products} FROM products WHERE products.category_id = %(v0)s;
--: [1]

-- 04 search_products
-- sqlite
SELECT {products} FROM products WHERE (products.name LIKE ? OR products.description LIKE ?) AND
    products.is_active = ? ORDER BY products.name LIMIT ? OFFSET ?;
--: ["%en%", "%en%", 1, 50, 0]
-- postgresql
SELECT {products} FROM products WHERE (products.name LIKE %(v0)s::VARCHAR OR products.description LIKE
    %(v1)s::VARCHAR) AND products.is_active = %(v2)s ORDER BY products.name LIMIT %(v3)s::INTEGER;
--: ["%en%", "%en%", True, 50]
-- mariadb
SELECT {products} FROM products WHERE (products.name LIKE %(v0)s OR products.description LIKE %(v1)s) AND
    products.is_active = %(v2)s ORDER BY products.name LIMIT %(v3)s;
--: ["%en%", "%en%", 1, 50]

-- 05 get_featured_products
-- sqlite
SELECT {products} FROM products WHERE products.is_featured = ? AND products.is_active = ? ORDER BY
    products.created_at DESC LIMIT ? OFFSET ?;
--: [1, 1, 10, 0]
-- postgresql
SELECT {products} FROM products WHERE products.is_featured = %(v0)s AND products.is_active = %(v1)s ORDER BY
    products.created_at DESC LIMIT %(v2)s::INTEGER;
--: [True, True, 10]
-- mariadb
SELECT {products} FROM products WHERE products.is_featured = %(v0)s AND products.is_active = %(v1)s ORDER BY
    products.created_at DESC LIMIT %(v2)s;
--: [1, 1, 10]

-- 06 update_last_updated
-- sqlite
SELECT {products} FROM products WHERE products.id = ?;
--: [2]
UPDATE products SET updated_at=? WHERE products.id = ?;
--: ["moment", 2]
-- postgresql
SELECT {products} FROM products WHERE products.id = %(v0)s::INTEGER;
--: [2]
UPDATE products SET updated_at=%(updated_at)s::TIMESTAMP WITH TIME ZONE WHERE products.id =
    %(products_id)s::INTEGER;
--: ["moment", 2]
-- mariadb
SELECT {products} FROM products WHERE products.id = %(v0)s;
--: [2]
UPDATE products SET updated_at=%(updated_at)s WHERE products.id = %(products_id)s;
--: ["moment", 2]

-- 07 get_recently_created
-- sqlite
SELECT {p} FROM products AS p WHERE p.created_at >= ? AND p.is_active = ? ORDER BY p.created_at DESC LIMIT ?
    OFFSET ?;
--: ["moment", 1, 20, 0]
-- postgresql
SELECT {p} FROM products AS p WHERE p.created_at >= %(v0)s::TIMESTAMP WITH TIME ZONE AND p.is_active = %(v1)s
    ORDER BY p.created_at DESC LIMIT %(v2)s::INTEGER;
--: ["moment", True, 20]
-- mariadb
SELECT {p} FROM products AS p WHERE p.created_at >= %(v0)s AND p.is_active = %(v1)s ORDER BY p.created_at DESC
    LIMIT %(v2)s;
--: ["moment", 1, 20]

-- 08 get_product_statistics
-- sqlite
SELECT count(*) AS total_products, count(CASE WHEN (products.is_active = 1) THEN 1 END) AS active_products,
    count(CASE WHEN (products.is_featured = 1) THEN 1 END) AS featured_products, count(CASE WHEN
    (products.stock_quantity > 0) THEN 1 END) AS in_stock_products, avg(products.price) AS average_price FROM
    products LIMIT ? OFFSET ?;
--: [1, 0]
-- postgresql
SELECT count(*) AS total_products, count(CASE WHEN (products.is_active = true) THEN 1 END) AS active_products,
    count(CASE WHEN (products.is_featured = true) THEN 1 END) AS featured_products, count(CASE WHEN
    (products.stock_quantity > 0) THEN 1 END) AS in_stock_products, avg(products.price) AS average_price FROM
    products LIMIT %(v0)s::INTEGER;
--: [1]
-- mariadb
SELECT count(*) AS total_products, count(CASE WHEN (products.is_active = true) THEN 1 END) AS active_products,
    count(CASE WHEN (products.is_featured = true) THEN 1 END) AS featured_products, count(CASE WHEN
    (products.stock_quantity > 0) THEN 1 END) AS in_stock_products, avg(products.price) AS average_price FROM
    products LIMIT %(v0)s;
--: [1]

-- 09 find_active_products with categories
-- sqlite
SELECT {p}, c.name AS category_name FROM products AS p JOIN categories AS c ON p.category_id = c.id WHERE
    p.is_active = ? AND p.created_at <= strftime('%Y-%m-%d %H:%M:%f000', 'now') ORDER BY p.created_at DESC LIMIT
    ? OFFSET ?;
--: [1, 2, 0]
-- postgresql
SELECT {p}, c.name AS category_name FROM products AS p JOIN categories AS c ON p.category_id = c.id WHERE
    p.is_active = %(v0)s AND p.created_at <= CURRENT_TIMESTAMP ORDER BY p.created_at DESC LIMIT %(v2)s::INTEGER;
--: [True, 2]
-- mariadb
SELECT {p}, c.name AS category_name FROM products AS p INNER JOIN categories AS c ON p.category_id = c.id WHERE
    p.is_active = %(v0)s AND p.created_at <= UTC_TIMESTAMP(6) ORDER BY p.created_at DESC LIMIT %(v2)s;
--: [1, 2]

-- 09 find_active_products with categories, all
-- sqlite
SELECT {p}, c.name AS category_name FROM products AS p JOIN categories AS c ON p.category_id = c.id WHERE
    p.is_active = ? AND p.created_at <= strftime('%Y-%m-%d %H:%M:%f000', 'now') ORDER BY p.created_at DESC;
--: [1]
-- postgresql
SELECT {p}, c.name AS category_name FROM products AS p JOIN categories AS c ON p.category_id = c.id WHERE
    p.is_active = %(v0)s AND p.created_at <= CURRENT_TIMESTAMP ORDER BY p.created_at DESC;
--: [True]
-- mariadb
SELECT {p}, c.name AS category_name FROM products AS p INNER JOIN categories AS c ON p.category_id = c.id WHERE
    p.is_active = %(v0)s AND p.created_at <= UTC_TIMESTAMP(6) ORDER BY p.created_at DESC;
--: [1]

-- 10 find_products_by_tag
-- sqlite
SELECT DISTINCT {p}, t.name AS tag_name FROM products AS p JOIN product_tags AS pt ON p.id = pt.product_id JOIN
    tags AS t ON pt.tag_id = t.id WHERE t.name = ? AND p.is_active = ? ORDER BY p.created_at DESC LIMIT ? OFFSET
    ?;
--: ["new", 1, 20, 0]
-- postgresql
SELECT DISTINCT {p}, t.name AS tag_name FROM products AS p JOIN product_tags AS pt ON p.id = pt.product_id JOIN
    tags AS t ON pt.tag_id = t.id WHERE t.name = %(v0)s::VARCHAR AND p.is_active = %(v1)s ORDER BY p.created_at
    DESC LIMIT %(v2)s::INTEGER;
--: ["new", True, 20]
-- mariadb
SELECT DISTINCT {p}, t.name AS tag_name FROM products AS p INNER JOIN product_tags AS pt ON p.id = pt.product_id
    INNER JOIN tags AS t ON pt.tag_id = t.id WHERE t.name = %(v0)s AND p.is_active = %(v1)s ORDER BY
    p.created_at DESC LIMIT %(v2)s;
--: ["new", 1, 20]

-- 11 get_popular_products
-- sqlite
SELECT {p}, c.name AS category_name, count(pr.id) AS ratings_count, avg(pr.rating) AS avg_rating FROM products
    AS p JOIN categories AS c ON p.category_id = c.id LEFT OUTER JOIN product_ratings AS pr ON p.id =
    pr.product_id WHERE p.is_active = ? AND p.created_at >= strftime('%Y-%m-%d 00:00:00.000000', 'now', '-30
    day') GROUP BY p.id ORDER BY p.view_count DESC LIMIT ? OFFSET ?;
--: [1, 10, 0]
-- postgresql
SELECT {p}, c.name AS category_name, count(pr.id) AS ratings_count, avg(pr.rating) AS avg_rating FROM products
    AS p JOIN categories AS c ON p.category_id = c.id LEFT OUTER JOIN product_ratings AS pr ON p.id =
    pr.product_id WHERE p.is_active = %(v0)s AND p.created_at >= ((date_trunc('day', (CURRENT_TIMESTAMP AT TIME
    ZONE 'UTC') + INTERVAL '-30 day')) AT TIME ZONE 'UTC') GROUP BY p.id, c.id ORDER BY p.view_count DESC LIMIT
    %(v2)s::INTEGER;
--: [True, 10]
-- mariadb
SELECT {p}, c.name AS category_name, count(pr.id) AS ratings_count, avg(pr.rating) AS avg_rating FROM products
    AS p INNER JOIN categories AS c ON p.category_id = c.id LEFT OUTER JOIN product_ratings AS pr ON p.id =
    pr.product_id WHERE p.is_active = %(v0)s AND p.created_at >= CAST((UTC_TIMESTAMP(6) + INTERVAL -30 DAY) AS
    DATE) GROUP BY p.id ORDER BY p.view_count DESC LIMIT %(v2)s;
--: [1, 10]

-- 12 advanced_product_search: nothing
-- sqlite
SELECT {products} FROM products ORDER BY products.created_at DESC;
--: []
-- postgresql
SELECT {products} FROM products ORDER BY products.created_at DESC;
--: []
-- mariadb
SELECT {products} FROM products ORDER BY products.created_at DESC;
--: []

-- 12 advanced_product_search: search
-- sqlite
SELECT {products} FROM products WHERE products.name LIKE ? OR products.description LIKE ? OR products.sku LIKE ?
    ORDER BY products.created_at DESC;
--: ["%en%", "%en%", "%en%"]
-- postgresql
SELECT {products} FROM products WHERE products.name LIKE %(v0)s::VARCHAR OR products.description LIKE
    %(v1)s::VARCHAR OR products.sku LIKE %(v2)s::VARCHAR ORDER BY products.created_at DESC;
--: ["%en%", "%en%", "%en%"]
-- mariadb
SELECT {products} FROM products WHERE products.name LIKE %(v0)s OR products.description LIKE %(v1)s OR
    products.sku LIKE %(v2)s ORDER BY products.created_at DESC;
--: ["%en%", "%en%", "%en%"]

-- 12 advanced_product_search: category_id
-- sqlite
SELECT {products} FROM products WHERE products.category_id = ? ORDER BY products.created_at DESC;
--: [1]
-- postgresql
SELECT {products} FROM products WHERE products.category_id = %(v0)s::INTEGER ORDER BY products.created_at DESC;
--: [1]
-- mariadb
SELECT {products} FROM products WHERE products.category_id = %(v0)s ORDER BY products.created_at DESC;
--: [1]

-- 12 advanced_product_search: sku
-- sqlite
SELECT {products} FROM products WHERE products.sku = ? ORDER BY products.created_at DESC;
--: ["TE-2"]
-- postgresql
SELECT {products} FROM products WHERE products.sku = %(v0)s::VARCHAR ORDER BY products.created_at DESC;
--: ["TE-2"]
-- mariadb
SELECT {products} FROM products WHERE products.sku = %(v0)s ORDER BY products.created_at DESC;
--: ["TE-2"]

-- 12 advanced_product_search: is_active
-- sqlite
SELECT {products} FROM products WHERE products.is_active = ? ORDER BY products.created_at DESC;
--: [0]
-- postgresql
SELECT {products} FROM products WHERE products.is_active = %(v0)s ORDER BY products.created_at DESC;
--: [False]
-- mariadb
SELECT {products} FROM products WHERE products.is_active = %(v0)s ORDER BY products.created_at DESC;
--: [0]

-- 12 advanced_product_search: is_featured
-- sqlite
SELECT {products} FROM products WHERE products.is_featured = ? ORDER BY products.created_at DESC;
--: [1]
-- postgresql
SELECT {products} FROM products WHERE products.is_featured = %(v0)s ORDER BY products.created_at DESC;
--: [True]
-- mariadb
SELECT {products} FROM products WHERE products.is_featured = %(v0)s ORDER BY products.created_at DESC;
--: [1]

-- 12 advanced_product_search: in_stock
-- sqlite
SELECT {products} FROM products WHERE products.stock_quantity > ? ORDER BY products.created_at DESC;
--: [0]
-- postgresql
SELECT {products} FROM products WHERE products.stock_quantity > %(v0)s::INTEGER ORDER BY products.created_at
    DESC;
--: [0]
-- mariadb
SELECT {products} FROM products WHERE products.stock_quantity > %(v0)s ORDER BY products.created_at DESC;
--: [0]

-- 12 advanced_product_search: out of stock
-- sqlite
SELECT {products} FROM products WHERE products.stock_quantity = ? ORDER BY products.created_at DESC;
--: [0]
-- postgresql
SELECT {products} FROM products WHERE products.stock_quantity = %(v0)s::INTEGER ORDER BY products.created_at
    DESC;
--: [0]
-- mariadb
SELECT {products} FROM products WHERE products.stock_quantity = %(v0)s ORDER BY products.created_at DESC;
--: [0]

-- 12 advanced_product_search: min_price
-- sqlite
SELECT {products} FROM products WHERE products.price >= ? ORDER BY products.created_at DESC;
--: [9.0]
-- postgresql
SELECT {products} FROM products WHERE products.price >= %(v0)s ORDER BY products.created_at DESC;
--: [9]
-- mariadb
SELECT {products} FROM products WHERE products.price >= %(v0)s ORDER BY products.created_at DESC;
--: [9]

-- 12 advanced_product_search: max_price
-- sqlite
SELECT {products} FROM products WHERE products.price <= ? ORDER BY products.created_at DESC;
--: [7.5]
-- postgresql
SELECT {products} FROM products WHERE products.price <= %(v0)s ORDER BY products.created_at DESC;
--: [7.5]
-- mariadb
SELECT {products} FROM products WHERE products.price <= %(v0)s ORDER BY products.created_at DESC;
--: [7.5]

-- 12 advanced_product_search: created_after
-- sqlite
SELECT {products} FROM products WHERE products.created_at >= ? ORDER BY products.created_at DESC;
--: ["moment"]
-- postgresql
SELECT {products} FROM products WHERE products.created_at >= %(v0)s::TIMESTAMP WITH TIME ZONE ORDER BY
    products.created_at DESC;
--: ["moment"]
-- mariadb
SELECT {products} FROM products WHERE products.created_at >= %(v0)s ORDER BY products.created_at DESC;
--: ["moment"]

-- 12 advanced_product_search: created_before
-- sqlite
SELECT {products} FROM products WHERE products.created_at <= ? ORDER BY products.created_at DESC;
--: ["moment"]
-- postgresql
SELECT {products} FROM products WHERE products.created_at <= %(v0)s::TIMESTAMP WITH TIME ZONE ORDER BY
    products.created_at DESC;
--: ["moment"]
-- mariadb
SELECT {products} FROM products WHERE products.created_at <= %(v0)s ORDER BY products.created_at DESC;
--: ["moment"]

-- 12 advanced_product_search: category_name
-- sqlite
SELECT {products} FROM products JOIN categories ON products.category_id = categories.id WHERE categories.name =
    ? ORDER BY products.created_at DESC;
--: ["Pots"]
-- postgresql
SELECT {products} FROM products JOIN categories ON products.category_id = categories.id WHERE categories.name =
    %(v0)s::VARCHAR ORDER BY products.created_at DESC;
--: ["Pots"]
-- mariadb
SELECT {products} FROM products INNER JOIN categories ON products.category_id = categories.id WHERE
    categories.name = %(v0)s ORDER BY products.created_at DESC;
--: ["Pots"]

-- 12 advanced_product_search: tags
-- sqlite
SELECT {products} FROM products JOIN product_tags ON products.id = product_tags.product_id JOIN tags ON
    product_tags.tag_id = tags.id WHERE tags.name IN (?, ?) GROUP BY products.id ORDER BY products.created_at
    DESC;
--: ["new", "rare"]
-- postgresql
SELECT {products} FROM products JOIN product_tags ON products.id = product_tags.product_id JOIN tags ON
    product_tags.tag_id = tags.id WHERE tags.name IN (%(v0_1)s::VARCHAR, %(v0_2)s::VARCHAR) GROUP BY products.id
    ORDER BY products.created_at DESC;
--: ["new", "rare"]
-- mariadb
SELECT {products} FROM products INNER JOIN product_tags ON products.id = product_tags.product_id INNER JOIN tags
    ON product_tags.tag_id = tags.id WHERE tags.name IN (%(v0_1)s, %(v0_2)s) GROUP BY products.id ORDER BY
    products.created_at DESC;
--: ["new", "rare"]

-- 12 advanced_product_search: one tag
-- sqlite
SELECT {products} FROM products JOIN product_tags ON products.id = product_tags.product_id JOIN tags ON
    product_tags.tag_id = tags.id WHERE tags.name IN (?) GROUP BY products.id ORDER BY products.created_at DESC;
--: ["rare"]
-- postgresql
SELECT {products} FROM products JOIN product_tags ON products.id = product_tags.product_id JOIN tags ON
    product_tags.tag_id = tags.id WHERE tags.name IN (%(v0_1)s::VARCHAR) GROUP BY products.id ORDER BY
    products.created_at DESC;
--: ["rare"]
-- mariadb
SELECT {products} FROM products INNER JOIN product_tags ON products.id = product_tags.product_id INNER JOIN tags
    ON product_tags.tag_id = tags.id WHERE tags.name IN (%(v0_1)s) GROUP BY products.id ORDER BY
    products.created_at DESC;
--: ["rare"]

-- 12 advanced_product_search: min_stock
-- sqlite
SELECT {products} FROM products WHERE products.stock_quantity >= ? ORDER BY products.created_at DESC;
--: [3]
-- postgresql
SELECT {products} FROM products WHERE products.stock_quantity >= %(v0)s::INTEGER ORDER BY products.created_at
    DESC;
--: [3]
-- mariadb
SELECT {products} FROM products WHERE products.stock_quantity >= %(v0)s ORDER BY products.created_at DESC;
--: [3]

-- 12 advanced_product_search: popularity
-- sqlite
SELECT {products} FROM products ORDER BY products.view_count DESC;
--: []
-- postgresql
SELECT {products} FROM products ORDER BY products.view_count DESC;
--: []
-- mariadb
SELECT {products} FROM products ORDER BY products.view_count DESC;
--: []

-- 12 advanced_product_search: price_asc
-- sqlite
SELECT {products} FROM products ORDER BY products.price;
--: []
-- postgresql
SELECT {products} FROM products ORDER BY products.price;
--: []
-- mariadb
SELECT {products} FROM products ORDER BY products.price;
--: []

-- 12 advanced_product_search: price_desc
-- sqlite
SELECT {products} FROM products ORDER BY products.price DESC;
--: []
-- postgresql
SELECT {products} FROM products ORDER BY products.price DESC;
--: []
-- mariadb
SELECT {products} FROM products ORDER BY products.price DESC;
--: []

-- 12 advanced_product_search: another order
-- sqlite
SELECT {products} FROM products ORDER BY products.name;
--: []
-- postgresql
SELECT {products} FROM products ORDER BY products.name;
--: []
-- mariadb
SELECT {products} FROM products ORDER BY products.name;
--: []

-- 12 advanced_product_search: limit
-- sqlite
SELECT {products} FROM products ORDER BY products.created_at DESC LIMIT ? OFFSET ?;
--: [2, 0]
-- postgresql
SELECT {products} FROM products ORDER BY products.created_at DESC LIMIT %(v0)s::INTEGER;
--: [2]
-- mariadb
SELECT {products} FROM products ORDER BY products.created_at DESC LIMIT %(v0)s;
--: [2]

-- 12 advanced_product_search: limit and offset
-- sqlite
SELECT {products} FROM products ORDER BY products.created_at DESC LIMIT ? OFFSET ?;
--: [2, 1]
-- postgresql
SELECT {products} FROM products ORDER BY products.created_at DESC LIMIT %(v0)s::INTEGER OFFSET %(v1)s::INTEGER;
--: [2, 1]
-- mariadb
SELECT {products} FROM products ORDER BY products.created_at DESC LIMIT %(v1)s, %(v0)s;
--: [1, 2]

-- 12 advanced_product_search: offset
-- sqlite
SELECT {products} FROM products ORDER BY products.created_at DESC LIMIT ? OFFSET ?;
--: [-1, 3]
-- postgresql
SELECT {products} FROM products ORDER BY products.created_at DESC LIMIT ALL OFFSET %(v0)s::INTEGER;
--: [3]
-- mariadb
SELECT {products} FROM products ORDER BY products.created_at DESC LIMIT %(v0)s, 18446744073709551615;
--: [3]

-- 12 advanced_product_search: several
-- sqlite
SELECT {products} FROM products JOIN categories ON products.category_id = categories.id JOIN product_tags ON
    products.id = product_tags.product_id JOIN tags ON product_tags.tag_id = tags.id WHERE (products.name LIKE ?
    OR products.description LIKE ? OR products.sku LIKE ?) AND products.is_active = ? AND products.price >= ?
    AND categories.name = ? AND tags.name IN (?) GROUP BY products.id ORDER BY products.created_at DESC LIMIT ?
    OFFSET ?;
--: ["%TE-%", "%TE-%", "%TE-%", 1, 5.0, "Tea", "new", 5, 0]
-- postgresql
SELECT {products} FROM products JOIN categories ON products.category_id = categories.id JOIN product_tags ON
    products.id = product_tags.product_id JOIN tags ON product_tags.tag_id = tags.id WHERE (products.name LIKE
    %(v0)s::VARCHAR OR products.description LIKE %(v1)s::VARCHAR OR products.sku LIKE %(v2)s::VARCHAR) AND
    products.is_active = %(v3)s AND products.price >= %(v4)s AND categories.name = %(v5)s::VARCHAR AND tags.name
    IN (%(v6_1)s::VARCHAR) GROUP BY products.id, categories.id ORDER BY products.created_at DESC LIMIT
    %(v7)s::INTEGER;
--: ["%TE-%", "%TE-%", "%TE-%", True, 5, "Tea", 5, "new"]
-- mariadb
SELECT {products} FROM products INNER JOIN categories ON products.category_id = categories.id INNER JOIN
    product_tags ON products.id = product_tags.product_id INNER JOIN tags ON product_tags.tag_id = tags.id WHERE
    (products.name LIKE %(v0)s OR products.description LIKE %(v1)s OR products.sku LIKE %(v2)s) AND
    products.is_active = %(v3)s AND products.price >= %(v4)s AND categories.name = %(v5)s AND tags.name IN
    (%(v6_1)s) GROUP BY products.id ORDER BY products.created_at DESC LIMIT %(v7)s;
--: ["%TE-%", "%TE-%", "%TE-%", 1, 5, "Tea", 5, "new"]

-- 13 get_product_analytics_summary
-- sqlite
SELECT count(*) AS total_products, avg(products.price) AS average_price, sum(products.stock_quantity) AS
    total_stock, count(CASE WHEN (products.is_active = 1) THEN 1 END) AS active_products, count(CASE WHEN
    (products.is_featured = 1) THEN 1 END) AS featured_products FROM products;
--: []
-- postgresql
SELECT count(*) AS total_products, avg(products.price) AS average_price, sum(products.stock_quantity) AS
    total_stock, count(CASE WHEN (products.is_active = true) THEN 1 END) AS active_products, count(CASE WHEN
    (products.is_featured = true) THEN 1 END) AS featured_products FROM products;
--: []
-- mariadb
SELECT count(*) AS total_products, avg(products.price) AS average_price, sum(products.stock_quantity) AS
    total_stock, count(CASE WHEN (products.is_active = true) THEN 1 END) AS active_products, count(CASE WHEN
    (products.is_featured = true) THEN 1 END) AS featured_products FROM products;
--: []

-- 13 get_product_analytics_summary between dates
-- sqlite
SELECT count(*) AS total_products, avg(products.price) AS average_price, sum(products.stock_quantity) AS
    total_stock, count(CASE WHEN (products.is_active = 1) THEN 1 END) AS active_products, count(CASE WHEN
    (products.is_featured = 1) THEN 1 END) AS featured_products FROM products WHERE products.created_at >= ? AND
    products.created_at <= ?;
--: ["moment", "moment"]
-- postgresql
SELECT count(*) AS total_products, avg(products.price) AS average_price, sum(products.stock_quantity) AS
    total_stock, count(CASE WHEN (products.is_active = true) THEN 1 END) AS active_products, count(CASE WHEN
    (products.is_featured = true) THEN 1 END) AS featured_products FROM products WHERE products.created_at >=
    %(v0)s::TIMESTAMP WITH TIME ZONE AND products.created_at <= %(v1)s::TIMESTAMP WITH TIME ZONE;
--: ["moment", "moment"]
-- mariadb
SELECT count(*) AS total_products, avg(products.price) AS average_price, sum(products.stock_quantity) AS
    total_stock, count(CASE WHEN (products.is_active = true) THEN 1 END) AS active_products, count(CASE WHEN
    (products.is_featured = true) THEN 1 END) AS featured_products FROM products WHERE products.created_at >=
    %(v0)s AND products.created_at <= %(v1)s;
--: ["moment", "moment"]

-- 14 get_category_performance
-- sqlite
SELECT c.name AS category_name, count(p.id) AS products_count, avg(p.price) AS avg_price, sum(p.view_count) AS
    total_views, sum(p.stock_quantity) AS total_stock FROM categories AS c LEFT OUTER JOIN products AS p ON c.id
    = p.category_id WHERE p.is_active = ? GROUP BY c.id, c.name ORDER BY total_views DESC LIMIT ? OFFSET ?;
--: [1, 10, 0]
-- postgresql
SELECT c.name AS category_name, count(p.id) AS products_count, avg(p.price) AS avg_price, sum(p.view_count) AS
    total_views, sum(p.stock_quantity) AS total_stock FROM categories AS c LEFT OUTER JOIN products AS p ON c.id
    = p.category_id WHERE p.is_active = %(v0)s GROUP BY c.id, c.name ORDER BY total_views DESC LIMIT
    %(v1)s::INTEGER;
--: [True, 10]
-- mariadb
SELECT c.name AS category_name, count(p.id) AS products_count, avg(p.price) AS avg_price, sum(p.view_count) AS
    total_views, sum(p.stock_quantity) AS total_stock FROM categories AS c LEFT OUTER JOIN products AS p ON c.id
    = p.category_id WHERE p.is_active = %(v0)s GROUP BY c.id, c.name ORDER BY total_views DESC LIMIT %(v1)s;
--: [1, 10]

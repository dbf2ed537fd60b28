"""Hostile strings: what an attacker or a fuzzer puts where a query takes text, most of it from known holes of others.

Every string that is long enough carries `MARK`, which no table, column or word of SQL holds: a statement with it in its
text has taken a string for SQL. Those without are too short to be recognised; they are told by comparing statements.
"""

from typing import Any

MARK = "zq9"

# Each line: where it was found, and what goes in.
_HOLES: tuple[tuple[str, str], ...] = (
    # Quotes and what ends them.
    ("classic", "zq9' OR '1'='1"),
    ("classic", 'zq9" OR "1"="1'),
    ("classic", "zq9` OR `1`=`1"),
    ("classic", "zq9'"),
    ("classic", "'zq9"),
    ("classic", "''zq9''"),
    ("classic", 'zq9""'),
    ("brackets of SQL Server", "[zq9]"),
    ("dollar quotes of PostgreSQL", "$$zq9$$"),
    ("escape string of PostgreSQL", "E'zq9\\'"),
    # Comments.
    ("comment", "zq9 -- "),
    ("comment", "zq9/**/"),
    ("comment of MySQL", "zq9#"),
    ("executable comment of MySQL", "zq9/*!50000 UNION SELECT 1*/"),
    ("unfinished comment", "zq9/*"),
    # Statements.
    ("stacked", "zq9; DROP TABLE qb_ware"),
    ("stacked", "zq9'; DELETE FROM qb_ware; --"),
    ("stacked", "zq9\n; DELETE FROM qb_ware"),
    ("union", "zq9) UNION SELECT 1"),
    ("union", "id FROM qb_ware UNION SELECT zq9"),
    ("tautology", "zq9=1) OR (1=1"),
    ("sub-query", "(SELECT zq9)"),
    ("sub-query", "id IN (SELECT zq9 FROM qb_ware)"),
    ("function", "zq9(10)"),
    ("function", "pg_sleep(10)"),
    ("function", "load_file('zq9')"),
    ("cast of PostgreSQL", "zq9::text"),
    # Holes of others.
    ("Django CVE-2025-64459: control words in filter(**kwargs)", "_connector"),
    ("Django CVE-2025-64459", "_negated"),
    ("Django CVE-2025-57833: alias of FilteredRelation", 'zq9" as x, (SELECT 1) as "y'),
    ("Django CVE-2022-28346: alias of annotate()", 'zq9"."y'),
    ("Django CVE-2024-42005: JSON key as alias", "extra__zq9'"),
    ("Django CVE-2019-14234: JSON key", "extra->>'zq9'"),
    ("Django CVE-2021-35042: order_by()", "qb_ware.name);SELECT zq9--"),
    ("Django CVE-2022-34265: EXTRACT of a name", "year FROM created_at)) OR 1=(zq9"),
    ("Django CVE-2020-7471: delimiter", "zq9') AS mydefinedname"),
    ("SQLAlchemy CVE-2019-7164: order_by()", "if(zq9=1, name, id)"),
    ("SQLAlchemy CVE-2019-7548: group_by()", "id HAVING zq9=1"),
    ("PyMySQL CVE-2024-36039: dict keys", "zq9': 1}"),
    ("Piccolo CVE-2023-47128: savepoint names", "zq9; SELECT 1"),
    ("Sequelize CVE-2023-25813: replacements in values", ":v0 zq9"),
    ("Knex: a wildcard of LIKE", "%zq9%"),
    ("Rails CVE-2012-2661: table in a key", "qb_ware.zq9"),
    ("Rails CVE-2012-2661", "qb_ware.id.zq9"),
    # Formats and placeholders.
    ("format", "%s"),
    ("format", "%%"),
    ("format", "%(v0)s"),
    ("format", "zq9%(v0)s"),
    ("format", "%zq9"),
    ("format", "{0}"),
    ("format", "{zq9}"),
    ("format", "{zq9.__class__}"),
    ("format", "${zq9}"),
    ("placeholder", "?"),
    ("placeholder", ":v0"),
    ("placeholder", ":zq9"),
    ("placeholder", "$1"),
    ("SQLAlchemy's own", "[POSTCOMPILE_v0]"),
    ("SQLAlchemy's own", "__[POSTCOMPILE_zq9]"),
    # Look-alikes and characters that are not seen.
    ("full width", "ｚq9"),
    ("full width apostrophe", "zq9＇ OR 1=1"),
    ("modifier letter apostrophe", "zq9ʼ OR 1=1"),
    ("Cyrillic", "nаme"),
    ("right to left", "zq9\u202eeman"),
    ("zero width", "zq9\u200b"),
    ("no-break space", "zq9\u00a0OR\u00a01=1"),
    ("combining", "zq9\u0301"),
    ("outside the basic plane", "zq9\U0001f4a3"),
    ("GBK, whose second byte is a backslash", "zq9\u7e97' OR 1=1"),
    ("new lines", "zq9\r\n\u2028\u0085"),
    ("bell and escape", "zq9\x07\x1b[2J"),
    ("null", "n\x00zq9"),
    ("null", "\x00"),
    ("lone surrogate", "zq9\ud800"),
    ("byte that was no UTF-8", "zq9\udcff"),
    # Backslashes.
    ("backslash", "\\"),
    ("backslash", "zq9\\"),
    ("backslash", "zq9\\' OR 1=1 -- "),
    # Python.
    ("attribute", "__class__"),
    ("attribute", "__init__.__globals__"),
    ("attribute", "metadata"),
    # Words of SQL.
    ("word", "select"),
    ("word", "NULL"),
    ("word", "TRUE"),
    ("number", "0"),
    ("number", "1e309"),
    ("number", "١٢٣"),
    ("sign", "*"),
    ("sign", "qb_ware.*"),
    ("sign", "."),
    ("sign", ""),
    ("sign", " "),
    # Size.
    ("long", "zq9" + "x" * 5000),
    ("deep", "(" * 3000 + "zq9"),
    ("many parts", ".".join(["zq9"] * 500)),
)
HOSTILE = tuple(dict.fromkeys(text for _, text in _HOLES))

# What a body of JSON can hold where a text was expected: TypeORM CVE-2022-33171, Knex CVE-2016-20018.
OBJECTS: tuple[Any, ...] = (
    {"zq9": 1},
    {"id": {"zq9": 1}},
    ["zq9"],
    [["zq9"]],
    ("zq9", "x"),
    {"zq9"},
    b"zq9",
    object(),
    10**400,
    -(2**63) - 1,
    float("nan"),
    float("inf"),
    1.5,
    0,
    True,
    None,
)

# Enough of them to look for what a database or its driver does by itself.
SAMPLE = (
    *("zq9' OR '1'='1", 'zq9" OR "1"="1', "zq9` OR `1`=`1", "zq9'; DELETE FROM qb_ware; --", "zq9\\' OR 1=1 -- "),
    *(
        "zq9/*!50000 UNION SELECT 1*/",
        "%s",
        "zq9%(v0)s",
        ":zq9",
        "?",
        "zq9\u7e97' OR 1=1",
        "n\x00zq9",
        "zq9\ud800",
        "\\",
    ),
)

"""The configuration: three YAML files read into one validated draft, which becomes a bundle.

What happens to a file, each step one module::

    file ──yaml_tree──▶ nodes with places ──shapes──▶ values ──feeds_file, watchlist_file,
    receivers_file──▶ models ──references, queries──▶ Draft ──codec, parts──▶ Bundle (JSON in Redis)

Every step adds the problems it finds to a `FileReport` and continues, so that `newswatch check` shows all errors of all
files at once. `shapes` is the one table of keys: the readers and the JSON Schemas in `config/schema/` both come from
it. `checked_file` and `unchanged_files` keep the result of a watchlist file, so that an unchanged one is not read again.
"""

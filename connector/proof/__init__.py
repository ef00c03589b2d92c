"""A folder that proves to somebody outside which texts were permitted: a page to read and print, CSV, and JSON.

`gather` reads the records into the values of `values`; `page`, `tables` and `folder` write them down. The same records
and the same moment give the same bytes.
"""

"""Serves one WSGI module until it is told to end.

Arguments: the service's name, its module, the address to listen on, the prefix of its URLs.
"""

import importlib
import sys

import waitress

name, module, address, prefix = sys.argv[1:]
# Services read the command line when they are imported; they must find nothing there.
sys.argv = [name]

waitress.serve(
    importlib.import_module(module).application,
    listen=address,
    url_prefix=prefix,
    # One request at a time: SQLite refuses a second writer with "database is locked", whatever its time limit.
    threads=1,
)

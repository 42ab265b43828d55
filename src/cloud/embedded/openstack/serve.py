"""Serves one WSGI module until it is told to end.

Arguments: the service's name, its module, the prefix of its URLs. Its input is the socket to listen on: whoever
starts it holds the port already, so no stranger can be taken for it.
"""

import importlib
import socket
import sys

import waitress

name, module, prefix = sys.argv[1:]
# Services read the command line when they are imported; they must find nothing there.
sys.argv = [name]

waitress.serve(
    importlib.import_module(module).application,
    sockets=[socket.socket(fileno=0)],
    url_prefix=prefix,
    # One request at a time: SQLite refuses a second writer with "database is locked", whatever its time limit.
    threads=1,
)

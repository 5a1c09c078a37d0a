"""HTTP listeners: the server, and the guard that stands before every route of every process."""

from groupage.serving.clients import client_of
from groupage.serving.descriptors import raise_descriptor_limit, watch_descriptors
from groupage.serving.guard import PROBE_PATHS, Guard, is_trusted
from groupage.serving.server import address_of, listen, serve_http

__all__ = [
    "PROBE_PATHS",
    "Guard",
    "address_of",
    "client_of",
    "is_trusted",
    "listen",
    "raise_descriptor_limit",
    "serve_http",
    "watch_descriptors",
]

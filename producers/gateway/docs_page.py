"""The page of the gateway that shows the catalogue of events: plain HTML, without a script."""

import hashlib
import shlex
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from html import escape

import msgspec

from groupage.contracts.event_descriptions import (
    Addresses,
    EventDescription,
    FieldDescription,
    curl_line,
    describe_all,
    kcat_line,
)

_STYLE = """\
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:1.5rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;border-bottom:1px solid #8884}
code,pre{font:13px/1.4 ui-monospace,monospace}
pre{overflow-x:auto;background:#8882;padding:.6rem}
pre.line{white-space:pre-wrap;overflow-wrap:anywhere}
h2{margin-top:2.5rem;border-top:2px solid #8886;padding-top:1rem}
"""
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_INTRODUCTION = """\
<p>What this hub takes and what it publishes, from its contracts; <code>groupage events TYPE</code>
prints the same. <a href="/openapi.json">OpenAPI</a> · <a href="/v1/schemas">JSON Schemas</a> ·
<a href="#packing-lists">packing lists</a></p>
"""
_GATEWAY = "http://gateway.invalid"
"""Stands for the address, which differs between requests."""


def docs_page(at: Addresses) -> str:
    """Return the page for a hub with these addresses."""
    without = msgspec.structs.replace(at, gateway=_GATEWAY)
    return _page(without).replace(_GATEWAY, escape(shlex.quote(at.gateway)))


@cache
def _page(at: Addresses) -> str:
    events = describe_all()
    public = [event for event in events if event.public]
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>groupage: events</title><style>{_STYLE}</style></head><body>",
            "<h1>Events and commands</h1>",
            _INTRODUCTION,
            "<p>Send events of these types as CloudEvents 1.0, by HTTP or over Kafka:</p>",
            _list_of(public),
            "<p>The hub alone sends these; read them from Kafka:</p>",
            _list_of(event for event in events if not event.public),
            *(_section(event, at) for event in events),
            _packing_lists(at),
            "</body></html>",
        )
    )


def _packing_lists(at: Addresses) -> str:
    """Return the section about packing lists: they become events of consignments."""
    token = "-H 'authorization: Bearer TOKEN' " if at.gateway_has_token else ""
    line = f"curl -s {at.gateway}/v1/packing-lists {token}-F file=@LIST.xlsx -F dry_run=true"
    return (
        '<h2 id="packing-lists">Packing lists</h2><p>A packing list becomes the booking and the '
        "shipping notice of its consignments. A dry run says what was understood; questions come "
        "as a problem document, with the answers that they take. The fields are in the "
        '<a href="/openapi.json">OpenAPI document</a>.</p>'
        f'<pre class="line">{escape(line)}</pre>'
    )


def _list_of(events: Iterable[EventDescription]) -> str:
    rows = (
        (
            f'<a href="#{escape(event.type)}"><code>{escape(event.type)}</code></a>',
            escape(event.meaning),
            escape(event.sent_by),
            f"<code>{escape(', '.join(event.topics))}</code>",
            f"<code>{escape(event.key)}</code>",
        )
        for event in events
    )
    return _table(("type", "meaning", "usually sent by", "topic", "key"), rows)


def _section(event: EventDescription, at: Addresses) -> str:
    example = msgspec.json.format(msgspec.json.encode(event.example), indent=2).decode()
    topics = " or ".join(at.prefix + topic for topic in event.topics)
    rows = (
        (
            f"<code>{escape(field.name)}</code>",
            escape(field.type),
            field.required_text,
            escape(field.meaning) + _values(field),
        )
        for field in event.fields
    )
    parts = [
        f'<section><h2 id="{escape(event.type)}">{escape(event.type)}</h2>',
        f"<p>{escape(f'{event.meaning} {event.details}'.strip())}</p>",
        f"<p>Sent by: {escape(event.sent_by)}.</p>",
        f"<p>Topic: <code>{escape(topics)}</code>, key: <code>{escape(event.key)}</code>.</p>",
        _table(("field", "type", "required", "meaning"), rows),
        f"<h3>Example</h3><pre>{escape(example)}</pre>",
    ]
    if event.public:
        parts.append(f'<h3>By HTTP</h3><pre class="line">{escape(curl_line(event, at))}</pre>')
    title = "Over Kafka" if event.public else "To read it"
    parts.append(f'<h3>{title}</h3><pre class="line">{escape(kcat_line(event, at))}</pre>')
    return "".join([*parts, "</section>"])


def _values(field: FieldDescription) -> str:
    if not field.values:
        return ""
    items = (
        f"<li><code>{escape(value or repr(''))}</code> {escape(name)}</li>"
        for value, name in field.values.items()
    )
    return f"<ul>{''.join(items)}</ul>"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Build a table of cells that are HTML already."""
    head = "".join(f"<th>{each}</th>" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"

"""Bearer tokens of HTTP listeners."""

import re
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from groupage.settings.base import LOOPBACK, split_list

TOKEN_LENGTH_MIN = 20
"""20 random hex digits have 80 bits: at 5,000 guesses a second nobody finds them."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""The syntax of a bearer token (RFC 6750, section 2.1), so that every client can send it."""
_TOKEN_DISTINCT_MIN = 8


def tokens_of(token: SecretStr | None) -> tuple[bytes, ...]:
    """Return the tokens of a setting, the newest first; none if it is not set."""
    return tuple(part.encode() for part in split_list(token.get_secret_value())) if token else ()


def bearer_headers(token: SecretStr | None) -> dict[str, str]:
    """Return the header with which a client presents the first token of a setting."""
    return {"Authorization": f"Bearer {tokens_of(token)[0].decode()}"} if token else {}


def _check_tokens(value: SecretStr) -> SecretStr:
    for token in split_list(value.get_secret_value()):
        if (
            len(token) < TOKEN_LENGTH_MIN
            or len(set(token)) < _TOKEN_DISTINCT_MIN
            or not _TOKEN.fullmatch(token)
        ):
            raise ValueError(
                f"a token has at least {TOKEN_LENGTH_MIN} characters, {_TOKEN_DISTINCT_MIN} of "
                "them different: a to z, A to Z, digits and -._~+/ (and = at the end). Commas "
                "separate several tokens; `openssl rand -hex 20` makes one"
            )
    return value


Tokens = Annotated[SecretStr, AfterValidator(_check_tokens)]
"""Bearer tokens, separated by commas: during a rotation the new one and then the old one."""


def require_token(host: str, token: SecretStr | None, *, listener: str) -> None:
    """Refuse to listen beyond loopback without a token. `listener` begins the variables' names."""
    if token is None and host not in {LOOPBACK, "::1", "localhost"}:
        raise ValueError(
            f"{listener}_HOST is {host}, which other machines may reach: set {listener}_TOKEN, "
            f"which every client must present, or set {listener}_HOST to {LOOPBACK}"
        )

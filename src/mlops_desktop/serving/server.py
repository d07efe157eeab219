"""One serving process from its start to its end: it loads, checks itself, answers while it is told to, and ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol

from mlops_desktop.serving.admin import AdminChannel, AdminError, Reply
from mlops_desktop.serving.admin_client import ControlError, ask, take_socket
from mlops_desktop.serving.app import App, Predictor
from mlops_desktop.serving.bundle import BundleError
from mlops_desktop.serving.holder import NAME as HOLDER
from mlops_desktop.serving.listener import Listener
from mlops_desktop.serving.log import ServingLog
from mlops_desktop.serving.shadowing import Shadow
from mlops_desktop.serving.specification import Specification
from mlops_desktop.serving.splitting import Split
from mlops_desktop.serving.standing import Standing

DRAIN_SECONDS: Final = 30.0
"""How long the end waits for requests that are being answered."""

FOLLOW_SECONDS: Final = 1.0
_HOLDER_SECONDS: Final = 2.0
_NAME: Final = re.compile(r"[a-z0-9]{1,64}")

ENDED: Final = 0
REFUSED: Final = 3


class ServedModel(Predictor, Protocol):
    """A loaded model, which can also say whether it still answers its stored example."""

    def check_example(self) -> str | None: ...


Load = Callable[[Path, str], ServedModel]


class Server:
    """`phase` goes from starting to ready to ending, or to failed with a `reason`."""

    def __init__(self, specification: Specification, load: Load, log: ServingLog) -> None:
        self._specification = specification
        self._load = load
        self._log = log
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._end = asyncio.Event()
        self._model: ServedModel | None = None
        self._app: App | None = None
        self._listener: Listener | None = None
        self._standing = _standing(specification)
        self._holder = Path(specification.folder) / HOLDER if specification.folder else None
        self._held_since = ""
        self._token_sha256 = self._standing.token_sha256 if self._standing else specification.token_sha256
        self._example_right: bool | None = None
        self._port: int | None = None
        self._cut_off = False
        self.phase = "starting"
        self.reason = ""

    async def run(self, admin: socket.socket | None = None, public: socket.socket | None = None) -> int:
        """Serves until it is told to end; returns the exit code. With `public` it accepts as soon as it is ready."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end.set)
        self._log.write(
            "start",
            pid=os.getpid(),
            endpoint=self._specification.endpoint_name,
            model=self._specification.model_reference,
            manifest=self._specification.manifest_hash,
        )
        channel = loop.create_task(AdminChannel(admin, self._commands()).serve()) if admin is not None else None
        try:
            await self._become_ready()
            if self._listener is None:
                return REFUSED
            if public is not None:
                self._accept(public)
            following = loop.create_task(self._follow_holder()) if self._holder is not None else None
            await self._end.wait()
            if following is not None:
                following.cancel()
            if self._app is not None and self._app.shadow is not None:
                await self._app.shadow.close()
            await self._finish(self._listener)
            return ENDED
        finally:
            self._executor.shutdown(wait=False, cancel_futures=True)
            if channel is not None:
                channel.cancel()
                await asyncio.wait([channel])

    @property
    def is_busy(self) -> bool:
        """Whether a request was still with the model when the waiting ended."""
        return self._cut_off

    async def _become_ready(self) -> None:
        future = asyncio.get_running_loop().run_in_executor(self._executor, self._load_and_check)
        await asyncio.wait([future])
        error = future.exception()
        if error is not None:
            self.phase, self.reason = "failed", _reason(error)
            self._log.write("refused_to_start", level="error", message=self.reason)
            return
        self._model = future.result()
        self._app = App(
            self._model,
            model_reference=self._specification.model_reference,
            manifest_hash=self._specification.manifest_hash,
            token_sha256=self._token_sha256,
            executor=self._executor,
            log=self._log,
            is_draining=lambda: self._listener is not None and self._listener.is_draining,
            published=bool(self._specification.published),
        )
        self._listener = Listener(
            self._app, lambda sentence: self._log.write("trouble", level="error", message=sentence)
        )
        self.phase, self._example_right = "ready", True
        self._log.write("ready", message=f"{self._specification.model_reference} answers its stored example")

    def _load_and_check(self) -> ServedModel:
        model = self._load(Path(self._specification.bundle), self._specification.manifest_hash)
        difference = model.check_example()
        if difference is not None:
            raise BundleError(f"the model does not answer its stored example as it did when trained: {difference}")
        return model

    async def _finish(self, listener: Listener) -> None:
        self.phase = "ending"
        self._drain(listener)
        if not await listener.wait_until_empty(DRAIN_SECONDS):
            self._cut_off = True
            self._log.write("trouble", level="warning", message="connections were cut at the end")
        listener.close()
        self._log.write("end", requests=self._app.counts.requests if self._app is not None else 0)

    def _accept(self, listening: socket.socket) -> None:
        assert self._listener is not None
        self._port = listening.getsockname()[1]
        self._listener.accept(listening)
        self._log.write("accept", port=self._port)

    async def _follow_holder(self) -> None:
        """As long as it stands so, accepts from the socket of the holder that there is now, also after a restart."""
        while True:
            if self._standing is not None and self._standing.accepts:
                try:
                    await self._accept_from_holder()
                except ControlError as error:
                    self._log.write("trouble", level="warning", message=f"the port is not held: {error}")
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _accept_from_holder(self) -> None:
        assert self._holder is not None
        assert self._listener is not None
        state = await asyncio.to_thread(ask, self._holder, "status", seconds=_HOLDER_SECONDS)
        if state.get("since") != self._held_since or self._listener.socket is None:
            handed = await asyncio.to_thread(take_socket, self._holder, seconds=_HOLDER_SECONDS)
            if self._standing is None or not self._standing.accepts:  # told to drain meanwhile
                handed.close()
                return
            self._held_since = str(state.get("since"))
            self._accept(handed)

    def _drain(self, listener: Listener) -> None:
        if not listener.is_draining:
            listener.drain()
            self._log.write("drain", open_connections=listener.open_connections)

    # The control channel's commands.

    def _commands(self) -> dict[str, Any]:
        return {
            "status": self._on_status,
            "check": self._on_check,
            "accept": self._on_accept,
            "drain": self._on_drain,
            "socket": self._on_socket,
            "set_token": self._on_set_token,
            "split": self._on_split,
            "take": self._on_take,
            "shadow": self._on_shadow,
            "predict": self._on_predict,
            "end": self._on_end,
        }

    async def _on_status(self, _: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
        listener = self._listener
        state: dict[str, Any] = {
            "phase": self.phase,
            "reason": self.reason,
            "pid": os.getpid(),
            "endpoint_id": self._specification.endpoint_id,
            "deployment_id": self._specification.deployment_id,
            "manifest_hash": self._specification.manifest_hash,
            "accepting": listener is not None and listener.socket is not None,
            "open_connections": listener.open_connections if listener is not None else 0,
            "example_right": self._example_right,
            "port": self._port,
            "log_lost": self._log.lost,
            "token_sha256": self._token_sha256,
            "split": listener.split.summary() if listener is not None and listener.split is not None else None,
            "shadow": self._app.shadow.summary() if self._app is not None and self._app.shadow is not None else None,
            "answers": self._app.counts.answers() if self._app is not None else None,
        }
        return Reply({**state, **(self._app.counts.summary() if self._app is not None else {})})

    async def _on_check(self, _: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
        """Asks the model its stored example again, in the thread that answers all requests."""
        if self._model is None:
            raise AdminError("the model is not loaded yet")
        check = asyncio.get_running_loop().run_in_executor(self._executor, self._model.check_example)
        await asyncio.wait([check])
        error = check.exception()
        difference = check.result() if error is None else _reason(error)
        self._example_right = difference is None
        if difference is not None:
            self._log.write("example_wrong", level="error", message=difference)
        return Reply({"example_right": self._example_right, "difference": difference or ""})

    async def _on_accept(self, _: Mapping[str, Any], handed: socket.socket | None) -> Reply:
        if self.phase != "ready":
            raise AdminError(f"the server is {self.phase}, not ready")
        if self._standing is not None:
            return await self._on_accept_in_container()
        if handed is None:
            raise AdminError("accept needs the listening socket beside the message")
        self._accept(handed)
        return Reply({"accepting": True})

    async def _on_accept_in_container(self) -> Reply:
        self._stand(accepts=True)
        try:
            await self._accept_from_holder()
        except ControlError as error:
            self._stand(accepts=False)
            raise AdminError(f"the port is not held: {error}") from error
        return Reply({"accepting": True})

    async def _on_drain(self, _: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
        self._stand(accepts=False)
        if self._listener is not None:
            self._drain(self._listener)
        return Reply({"accepting": False})

    async def _on_socket(self, _: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
        if self._listener is None or self._listener.socket is None:
            raise AdminError("this server holds no listening socket")
        return Reply({"port": self._port}, handed=self._listener.socket)

    async def _on_set_token(self, message: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
        token_sha256 = message.get("token_sha256")
        if not isinstance(token_sha256, str) or len(token_sha256) != 64:
            raise AdminError("token_sha256 must be 64 hexadecimal digits")
        self._stand(token_sha256=token_sha256)
        is_another = self._token_sha256 not in (None, token_sha256)
        self._token_sha256 = token_sha256
        if self._app is not None:
            self._app.token_sha256 = token_sha256
        if is_another:
            self._log.write("token_changed")
        return Reply()

    # A second version on trial: a share of the connections, or the same requests again.

    async def _on_split(self, message: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
        if self._listener is None:
            raise AdminError("the model is not loaded yet")
        share = _share(message)
        self._listener.split = Split(self._neighbour(message), share) if share else None
        self._log.write("split", share=share)
        return Reply({"share": share})

    async def _on_take(self, message: Mapping[str, Any], handed: socket.socket | None) -> Reply:
        if handed is None or self._listener is None or self.phase != "ready" or self._listener.is_draining:
            raise AdminError("no connection can be taken")
        if time.monotonic() > float(message.get("until", 0.0)):
            raise AdminError("it came too late")
        self._listener.adopt(handed, handed=True)
        return Reply()

    async def _on_shadow(self, message: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
        if self._app is None:
            raise AdminError("the model is not loaded yet")
        share = _share(message)
        before, self._app.shadow = self._app.shadow, None
        if before is not None:
            await before.close()
        if share:
            self._app.shadow = Shadow(self._neighbour(message), share, self._log)
        self._log.write("shadow_asked", share=share)
        return Reply({"share": share})

    async def _on_predict(self, message: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
        if self._model is None:
            raise AdminError("the model is not loaded yet")
        rows = json.loads(str(message.get("rows", "[]")))
        answer = asyncio.get_running_loop().run_in_executor(self._executor, self._model.predict_rows, rows)
        await asyncio.wait([answer])
        error = answer.exception()
        if error is not None:
            raise AdminError(_reason(error))
        return Reply({"predictions": answer.result()})

    def _neighbour(self, message: Mapping[str, Any]) -> Path:
        """The control socket of another server: by its name in the folder that is shared, else by its path."""
        to = str(message.get("to", ""))
        if self._specification.folder:
            if not _NAME.fullmatch(to):
                raise AdminError("there is no server of that name")
            return Path(self._specification.folder) / to
        return Path(to)

    def _stand(self, *, accepts: bool | None = None, token_sha256: str | None = None) -> None:
        """Keeps what it is told, where it may be started again without us. Raises AdminError."""
        if self._standing is not None:
            try:
                self._standing.set(accepts=accepts, token_sha256=token_sha256)
            except OSError as error:
                raise AdminError(f"that cannot be kept: {error}") from error

    async def _on_end(self, _: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
        self._stand(accepts=False)
        self._end.set()
        return Reply({"pid": os.getpid()})


def _share(message: Mapping[str, Any]) -> float:
    try:
        share = float(message.get("share", "0"))
    except ValueError as error:
        raise AdminError("a share is a number") from error
    if not 0.0 <= share <= 1.0:
        raise AdminError("a share goes from 0 to 1")
    return share


def _standing(specification: Specification) -> Standing | None:
    if not specification.folder:
        return None
    return Standing(Path(specification.folder) / f"{specification.deployment_id}.json", specification.token_sha256)


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, BundleError) else f"{type(error).__name__}: {error}"

"""A manager interface that does as it is told."""

import asyncio
from contextlib import suppress


class FakeManager:
    """Speaks as much AMI as Asterisk would to our client."""

    def __init__(self) -> None:
        self.secret = "secret"
        self.channels: list[str] = []
        self.may_list = True
        self.silent: set[str] = set()
        self.actions: list[dict[str, str]] = []
        self.connected = 0
        self.listening = asyncio.Event()
        """Somebody has logged in and asked for the channels."""
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        self.listening.clear()
        for writer in self._writers:
            writer.close()

    def say(self, *headers: str) -> None:
        self.send("\r\n".join([*headers, "", ""]).encode())

    def send(self, raw: bytes) -> None:
        for writer in self._writers:
            writer.write(raw)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        self._writers.add(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                action = dict(line.split(": ", 1) for line in raw.decode().strip().split("\r\n"))
                self.actions.append(action)
                if action["Action"] not in self.silent and not self._reply(writer, action):
                    break
        self._writers.discard(writer)
        writer.close()

    def _reply(self, writer: asyncio.StreamWriter, action: dict[str, str]) -> bool:
        """Whether the connection stays."""

        def reply(*headers: str) -> None:
            writer.write("\r\n".join([headers[0], f"ActionID: {action['ActionID']}", *headers[1:], "", ""]).encode())

        match action["Action"]:
            case "Login" if action["Secret"] != self.secret:
                reply("Response: Error", "Message: Authentication failed")
                return False
            case "Login":
                reply("Response: Success", "Message: Authentication accepted")
                writer.write(b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n")
            case "CoreShowChannels" if not self.may_list:
                reply("Response: Error", "Message: Permission denied")
                self.listening.set()
            case "CoreShowChannels":
                reply("Response: Success", "EventList: start", "Message: Channels will follow")
                for unique_id in self.channels:
                    reply("Event: CoreShowChannel", "Channel: PJSIP/trunk-00000001", f"Uniqueid: {unique_id}")
                reply("Event: CoreShowChannelsComplete", "EventList: Complete", f"ListItems: {len(self.channels)}")
                self.listening.set()
            case "Ping":
                reply("Response: Success", "Ping: Pong")
            case "Logoff":
                reply("Response: Goodbye", "Message: Thanks for all the fish.")
                return False
        return True

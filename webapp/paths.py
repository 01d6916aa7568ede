"""Where things lie: what ships with the package, and what an installation keeps."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
STATIC = PACKAGE / "static"
TRANSLATIONS = PACKAGE / "translations"
MIGRATIONS = PACKAGE / "storage" / "migrations"


def templates_folder() -> Path:
    """Return the folder of the page templates: inside the wheel, or beside it in a checkout."""
    shipped = PACKAGE / "_templates"
    return shipped if shipped.is_dir() else PACKAGE.parent / "templates"


def help_folder() -> Path:
    """Return the folder of the help articles: inside the wheel, or in the documentation."""
    shipped = PACKAGE / "_help"
    return shipped if shipped.is_dir() else PACKAGE.parent / "docs" / "help"


@dataclass(frozen=True, slots=True)
class InstanceFolder:
    """The folder in which one installation keeps everything that is its own."""

    root: Path

    @property
    def database(self) -> Path:
        """Return the SQLite file used when no ``DATABASE_URL`` is given."""
        return self.root / "cardsync.db"

    @property
    def files(self) -> Path:
        """Return the folder of receipts and uploaded statements."""
        return self.root / "files"

    @property
    def uploads(self) -> Path:
        """Return the folder of statement files handed in."""
        return self.files / "uploads"

    @property
    def secret_key(self) -> Path:
        """Return the file of the key that signs cookies and forms."""
        return self.root / "secret.key"

    @property
    def master_keys(self) -> Path:
        """Return the file of the keys that encrypt the connectors' secrets."""
        return self.root / "master.keys"

    @property
    def redis(self) -> Path:
        """Return the folder in which ``cardsync up`` keeps its own Redis."""
        return self.root / "redis"

    @property
    def redis_url(self) -> Path:
        """Return the file that tells other commands where the Redis of ``cardsync up`` listens."""
        return self.root / "redis.url"

    @property
    def first_lines(self) -> Path:
        """Return the file in which a starting web process leaves what ``cardsync up`` shows."""
        return self.root / "up.lines"

    @property
    def lock(self) -> Path:
        """Return the file locked while ``cardsync up`` runs here."""
        return self.root / "up.lock"

    def sandbox(self, name: str) -> Path:
        """Return the folder of the practice server ``name``."""
        return self.root / "sandbox" / name

    def create(self) -> None:
        """Make the folder, readable by its owner only."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)


def read_or_create_private(path: Path, content: str) -> str:
    """Return the text of ``path``; when it does not exist, write ``content`` there first.

    The file is readable by its owner only and appears complete or not at all, so that of two
    processes starting at once both read the same text.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # the other process was faster; its text is the one that counts
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8").strip()

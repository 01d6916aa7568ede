"""Statement files handed in for an account: kept as they came, under ids of ours."""

import hashlib
from datetime import datetime
from pathlib import Path

from sqlalchemy import Column, String
from sqlmodel import Field, Session, SQLModel

from cardsync_sdk.types import Upload
from webapp.storage.columns import UtcDateTime, id_field, ref
from webapp.storage.whole_files import write_whole


class FileUpload(SQLModel, table=True):
    """A statement file handed in for an account; its id is the cursor it becomes."""

    __tablename__ = "file_upload"

    id: str = id_field()
    legal_entity_id: str = ref("legal_entity.id", index=False)
    account_id: str = ref("account.id")
    file_name: str
    size: int
    sha256: str = Field(sa_column=Column(String(64), nullable=False))
    uploaded_by: str | None = ref("app_user.id", nullable=True, index=False)
    uploaded_at: datetime = Field(sa_type=UtcDateTime)


def keep_upload(
    session: Session,
    folder: Path,
    *,
    account_id: str,
    legal_entity_id: str,
    name: str,
    content: bytes,
    at: datetime,
    by: str | None = None,
) -> Upload:
    """Keep a file on the disk, then its row in the caller's transaction.

    :param folder: where this installation keeps uploads.
    :param name: the person's name of the file, for people; it never names anything on the disk.
    """
    row = FileUpload(
        legal_entity_id=legal_entity_id,
        account_id=account_id,
        file_name=name,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_by=by,
        uploaded_at=at,
    )
    path = path_of(folder, row.id)
    write_whole(path, content)
    session.add(row)
    return Upload(id=row.id, name=name, path=path)


def path_of(folder: Path, upload_id: str) -> Path:
    """Return where an upload lies in ``folder``, spread by its random end."""
    return folder / upload_id[-2:] / upload_id

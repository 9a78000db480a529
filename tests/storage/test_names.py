"""Names of files: nothing leads anywhere, hides anything or breaks a line."""

import pytest

from gateway.storage.names import attachment, file_name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("prices.csv", "prices.csv"),
        ("Preise für März.csv", "Preise für März.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\list.txt", "list.txt"),
        ("..", "file"),
        ("a/..", "file"),
        (". .", "file"),
        ("", "file"),
        ("/", "file"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("bill\u202efdp.exe", "billfdp.exe"),
        ("a\ud800b\0.txt", "ab.txt"),
        ("x" * 300 + ".csv", "x" * 251 + ".csv"),
        ("." * 300, "file"),
        ("y" * 300, "y" * 255),
    ],
)
def test_a_name_is_the_last_part_of_a_path_in_characters_that_are_seen(given, name):
    assert file_name(given) == name


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("prices.csv", "attachment; filename=\"prices.csv\"; filename*=UTF-8''prices.csv"),
        ('a"b\\c;d.txt', "attachment; filename=\"c;d.txt\"; filename*=UTF-8''c%3Bd.txt"),
        ('say "ü".txt', "attachment; filename=\"say ___.txt\"; filename*=UTF-8''say%20%22%C3%BC%22.txt"),
        ("100%41.txt", "attachment; filename=\"100_41.txt\"; filename*=UTF-8''100%2541.txt"),
        ("a\r\nb", "attachment; filename=\"ab\"; filename*=UTF-8''ab"),
    ],
)
def test_no_name_breaks_out_of_its_field(name, field):
    assert attachment(name) == field
    assert field.isascii()

"""The optional second factor: codes from an app (TOTP, RFC 6238), and recovery codes for the day it is lost."""

from __future__ import annotations

from base64 import b32encode
from typing import Any

import segno
from django.db import transaction
from django_otp import devices_for_user
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10


def has_second_factor(user: Any) -> bool:
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def verified_device(user: Any, code: str) -> Any:
    """The device of the user that accepts a code, or None. Devices refuse for a while after wrong codes."""
    code = code.replace(" ", "").lower()
    with transaction.atomic():
        devices = devices_for_user(user, for_verify=True)
        return next((d for d in devices if d.verify_is_allowed()[0] and d.verify_token(code)), None)


def device_to_set_up(user: Any) -> TOTPDevice:
    """The app that the user is about to set up: one secret until it is confirmed."""
    device, _ = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "app"})
    return device


def qr_code(device: TOTPDevice) -> str:
    """The secret as a picture in a data URI, black on white whatever the page's colours."""
    return segno.make(device.config_url, error="m").svg_data_uri(scale=5, border=3, light="white")


def secret(device: TOTPDevice) -> str:
    """The secret to be typed, in groups of four."""
    text = b32encode(device.bin_key).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def turn_on(device: TOTPDevice) -> list[str]:
    """Confirm the app and give its owner recovery codes."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=device.user).exclude(pk=device.pk).delete()
        device.confirmed = True
        device.save()
        return new_recovery_codes(device.user)


def new_recovery_codes(user: Any) -> list[str]:
    """Ten codes that work once each, in place of any older ones."""
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="recovery codes")
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def turn_off(user: Any) -> None:
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()

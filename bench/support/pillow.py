"""One thumbnail by Pillow, in a process of its own: a JSON line and the picture on stdin, a JPEG on stdout."""
import io
import json
import sys

from PIL import Image, ImageOps

question = json.loads(sys.stdin.buffer.readline())
image = Image.open(io.BytesIO(sys.stdin.buffer.read()))
if image.width * image.height > question["max_pixels"]:
    sys.exit("too large")
image = ImageOps.exif_transpose(image)
image.thumbnail((question["width"], question["height"]), Image.Resampling.LANCZOS)
out = io.BytesIO()
image.convert("RGB").save(out, "JPEG", quality=85)
sys.stdout.buffer.write(out.getvalue())

"""Makes the seeds in Corpora/ again: python3 make_seeds.py (pictures need Pillow)."""
import io, json, os, random, sqlite3, struct

here = os.path.dirname(os.path.abspath(__file__))


def save(target, name, data):
    folder = os.path.join(here, "Corpora", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def model(architecture, tensors):
    random.seed(1)
    metadata = {
        "likeness.format": "embedding model 1",
        "likeness.architectures": json.dumps([architecture], separators=(",", ":")),
        "likeness.views": '[{"isMirrored":false,"magnification":1,"x":0,"y":0}]',
    }
    header, data = {"__metadata__": metadata}, b""
    for name, shape in sorted(tensors.items()):
        count = 1
        for length in shape:
            count *= length
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + 4 * count]}
        data += struct.pack(f"<{count}f", *(random.uniform(0.1, 1) for _ in range(count)))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def models():
    linear = {"layer": "linear", "outputs": 2, "bias": True}
    save("model", "linear", model({"input": [4], "layers": [linear]}, {"0.weight": [2, 4], "0.bias": [2]}))
    layers = [
        {"layer": "convolution", "outputs": 3, "kernel": 3, "stride": 1, "padding": 1, "bias": True},
        {"layer": "relu"}, {"layer": "maxPooling", "size": 2, "stride": 2}, {"layer": "flatten"},
        {"layer": "linear", "outputs": 4, "bias": False}, {"layer": "l2Normalization"},
    ]
    save("model", "convolution", model(
        {"input": [1, 6, 6], "layers": layers},
        {"0.weight": [3, 1, 3, 3], "0.bias": [3], "4.weight": [4, 27]}))


def pictures():
    from PIL import Image
    random.seed(2)
    grey = Image.new("L", (7, 5))
    grey.putdata([random.randrange(256) for _ in range(35)])
    colour = Image.new("RGB", (7, 5))
    colour.putdata([tuple(random.randrange(256) for _ in range(3)) for _ in range(35)])
    for name, picture, form, options in [
        ("grey.png", grey, "PNG", {}), ("colour.png", colour, "PNG", {}), ("palette.png", colour.quantize(4), "PNG", {}),
        ("grey.jpg", grey, "JPEG", {}), ("colour.jpg", colour, "JPEG", {}),
        ("progressive.jpg", colour, "JPEG", {"progressive": True}),
        ("grey.pgm", grey, "PPM", {}), ("colour.ppm", colour, "PPM", {}),
    ]:
        file = io.BytesIO()
        picture.save(file, form, **options)
        save("picture", name, file.getvalue())
    save("picture", "plain.pgm", b"P2\n# a comment\n3 2\n255\n0 1 2\n253 254 255\n")
    turned = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    colour.save(turned, "JPEG", exif=exif)
    save("picture", "turned.jpg", turned.getvalue())


def galleries():
    schema = os.path.join(here, "..", "..", "schema")
    random.seed(3)
    for name, count in [("few", 3), ("many", 60)]:
        path = os.path.join(here, "Corpora", "gallery", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.exists(path):
            os.remove(path)
        gallery = sqlite3.connect(path)
        gallery.execute("PRAGMA page_size = 1024")
        with open(os.path.join(schema, "v1_gallery.sql")) as file:
            gallery.executescript(file.read())
        gallery.execute("INSERT INTO embedder (name, kind, dimension, metric, created_at) VALUES ('n', 'vector', 4, 'euclidean', '')")
        for number in range(count):
            if number % 3 == 0:
                gallery.execute("INSERT INTO identity (name, created_at) VALUES (?, '')", (f"p{number}",))
            gallery.execute(
                "INSERT INTO embedding (identity_id, embedder_id, source, vector, created_at) VALUES (?, 1, ?, ?, '')",
                (number // 3 + 1, f"s{number}", struct.pack("<4f", *(random.uniform(-1, 1) for _ in range(4)))))
        gallery.commit()
        gallery.close()


def vectors():
    random.seed(4)
    rows = [[round(random.uniform(-1, 1), 3) for _ in range(3)] for _ in range(5)]
    packed = [struct.pack("<3f", *row) for row in rows]
    for name, descr, data in [
        ("float32", "<f4", b"".join(packed)), ("float64", "<f8", b"".join(struct.pack("<3d", *row) for row in rows)),
    ]:
        header = "{'descr': '%s', 'fortran_order': False, 'shape': (5, 3), }" % descr
        header += " " * (-(len(header) + 11) % 64) + "\n"
        save("npy", name, b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)
    save("fvecs", "five", b"".join(struct.pack("<i", 3) + row for row in packed))
    save("bvecs", "five", b"".join(struct.pack("<i", 3) + bytes(range(n, n + 3)) for n in range(5)))
    lines = [",".join(["name,\"quoted\"" if n == 0 else f"p{n}"] + [str(v) for v in row]) for n, row in enumerate(rows)]
    lines[0] = '"a ""name"", quoted",' + ",".join(str(v) for v in rows[0])
    save("csv", "five", ("identity,v0,v1,v2\n" + "\n".join(lines) + "\n").encode())
    save("series", "plain", b"t_ms,ax,ay,label\n0,1.5,-2,walk\n20,1.25,,walk\n40,-1e3,7,\n")
    save("series", "quoted", b'\xef\xbb\xbf"t_ms";"a ""x""";"label"\r\n"0";"1.5";"a;b"\r"20"; 2.5 ;"line\nbreak"\r\n')
    save("jsonl", "five", "".join(
        json.dumps({"identity": f"p\u00e9{n}", "vector": row, "source": f"s{n}", "attributes": {"n": [n, None, True]}}) + "\n"
        for n, row in enumerate(rows)).encode())
    save("word2vec", "five", ("5 3\n" + "".join(
        f"w{n} " + " ".join(str(v) for v in row) + "\n" for n, row in enumerate(rows))).encode())


def probes():
    for name, text in {
        "sum": b"king - man + woman", "vector": b"vector:0.1,-2e-3, 4 ,inf,nan", "id": b"id:-9223372036854775808",
        "quoted": "\u201cNew York\u201d \u2212Londres +Z\u00fcrich".encode(), "hyphen": b"well-known", "bytes": b"a \xff\xfe b",
        "refused-two-signs": b"a - - b", "refused-empty-value": b"vector:1,,2", "refused-id": b"id:12x",
    }.items():
        save("probe", name, text)


# The seed of a saved index comes from the crash laboratory:
#   CrashLaboratory --child "kill -9: saved index" --folder F, and then F/people.gallery-index
models()
probes()
vectors()
pictures()
galleries()

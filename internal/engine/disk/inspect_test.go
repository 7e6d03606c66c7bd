package disk

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/novalet/novalet/internal/cloud/fault"
	"pgregory.net/rapid"
)

// edit changes bytes of a hand-made image.
type edit func(p []byte)

func put32(off int, v uint32) edit { return func(p []byte) { binary.BigEndian.PutUint32(p[off:], v) } }

func put64(off int, v uint64) edit { return func(p []byte) { binary.BigEndian.PutUint64(p[off:], v) } }

func le32(off int, v uint32) edit {
	return func(p []byte) { binary.LittleEndian.PutUint32(p[off:], v) }
}

func le64(off int, v uint64) edit {
	return func(p []byte) { binary.LittleEndian.PutUint64(p[off:], v) }
}
func text(off int, s string) edit { return func(p []byte) { copy(p[off:], s) } }

func made(base []byte, edits ...edit) []byte {
	p := bytes.Clone(base)
	for _, e := range edits {
		e(p)
	}
	return p
}

// goodQCOW2 is an empty version 3 image of 1 GiB with 64 KiB clusters: header,
// refcount table, refcount block, L1 table.
func goodQCOW2() []byte {
	return made(make([]byte, 4*65536),
		text(0, "QFI\xfb"), put32(4, 3), put32(20, 16), put64(24, 1<<30),
		put32(36, 2), put64(40, 3*65536), put64(48, 65536), put32(56, 1),
		put32(96, 4), put32(100, 104))
}

func goodVMDK(descriptor string) []byte {
	return made(make([]byte, 65536),
		text(0, "KDMV"), le32(4, 1), le64(12, 2048), le64(20, 128), le64(28, 1), le64(36, 20),
		le32(44, 512), le64(48, 21), le64(56, 22), text(512, descriptor))
}

const sparseDescriptor = "# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n" +
	"createType=\"monolithicSparse\"\n\n# Extent description\nRW 2048 SPARSE \"disk.vmdk\"\n\nddb.adapterType = \"ide\"\n"

// footerVMDK is a streamOptimized image: the header points to its footer.
func footerVMDK(footer ...edit) []byte {
	body := made(goodVMDK(strings.Replace(sparseDescriptor, "monolithicSparse", "streamOptimized", 1)), le32(4, 3))
	tail := make([]byte, tailSize)
	copy(tail[512:], body[:512])
	for _, e := range footer {
		e(tail[512:1024])
	}
	return append(made(body, le64(56, gdAtEnd)), tail...)
}

func vmdkWith(old, new string) []byte {
	return goodVMDK(strings.Replace(sparseDescriptor, old, new, 1))
}

func TestInspect(t *testing.T) {
	q := goodQCOW2()
	isoImage := made(make([]byte, 40<<10), text(32769, "CD001"))
	fixedVHD := made(make([]byte, 4096+512), text(4096, "conectix"), put64(4096+48, 4096))
	tests := []struct {
		name    string
		image   []byte
		format  Format
		refusal string // part of the message; empty: accepted
	}{
		{"empty", nil, Raw, ""},
		{"one byte", []byte{'Q'}, Raw, ""},
		{"zeros", make([]byte, 1<<20), Raw, ""},
		{"gzip", []byte("\x1f\x8b\x08\x00rest"), Gzip, ""},
		{"xz", []byte("\xfd7zXZ\x00rest"), XZ, ""},
		{"iso", isoImage, ISO, ""},
		{"vdi", made(make([]byte, 1024), text(64, "\x7f\x10\xda\xbe"), le64(368, 1<<30)), VDI, ""},
		{"vdi, huge", made(make([]byte, 1024), text(64, "\x7f\x10\xda\xbe"), le64(368, 1<<63)), VDI, "1 PiB"},
		{"vdi, short", made(make([]byte, 100), text(64, "\x7f\x10\xda\xbe")), VDI, "truncated"},
		{"vhd, fixed", fixedVHD, VHD, ""},
		{"vhd, cut", made(make([]byte, 4096), text(0, "conectix")), VHD, "truncated"},
		{"vhdx", made(make([]byte, 4096), text(0, "vhdxfile")), VHDX, ""},
		{"luks", made(make([]byte, 4096), text(0, "LUKS\xba\xbe\x00\x01")), LUKS, ""},
		{"qcow", made(make([]byte, 4096), text(0, "QFI\xfb\x00\x00\x00\x01")), QCOW, ""},

		{"qcow2", q, QCOW2, ""},
		{"qcow2, v2", made(q, put32(4, 2), put32(96, 0), put32(100, 0)), QCOW2, ""},
		{"qcow2, dirty", made(q, put64(72, featureDirty)), QCOW2, ""},
		{"qcow2, extended L2", made(q, put64(72, featureExtendedL2), put32(36, 4)), QCOW2, ""},
		{"qcow2, zstd", made(q, put64(72, featureCompression), put32(100, 112), text(104, "\x01")), QCOW2, ""},
		{"qcow2, feature names", made(q, put32(104, 0x6803f857), put32(108, 48)), QCOW2, ""},
		{"qcow2 and iso", made(q, text(32769, "CD001")), QCOW2, "at the same time"},
		{"qcow2, magic only", q[:8], QCOW2, "truncated"},
		{"qcow2, v3 cut", q[:80], QCOW2, "truncated"},
		{"qcow2, tables cut", q[:65536], QCOW2, "L1 table is not within"},
		{"qcow2, version 4", made(q, put32(4, 4)), QCOW2, "version 4"},
		{"qcow2, version huge", made(q, put32(4, 0xffffffff)), QCOW2, "version 4294967295"},
		{"qcow2, backing file", made(q, put64(8, 512), put32(16, 11), text(512, "/etc/shadow")), QCOW2, "backing file"},
		{"qcow2, backing length only", made(q, put32(16, 11)), QCOW2, "backing file"},
		{"qcow2, backing format", made(q, put32(104, extBackingFormat), put32(108, 3), text(112, "raw")), QCOW2, "backing file"},
		{"qcow2, data file bit", made(q, put64(72, featureExternalData)), QCOW2, "external file"},
		{"qcow2, data file name", made(q, put32(104, extExternalData), put32(108, 11), text(112, "/etc/shadow")), QCOW2, "external data file"},
		{"qcow2, data file after others", made(q, put32(104, 0x6803f857), put32(108, 1), put32(120, extExternalData)), QCOW2, "external data file"},
		{"qcow2, v2 data file name", made(q, put32(4, 2), put32(100, 0), put32(96, 0), put32(72, extExternalData), put32(76, 4)), QCOW2, "external data file"},
		{"qcow2, corrupt", made(q, put64(72, featureCorrupt)), QCOW2, "corrupt"},
		{"qcow2, unknown bit", made(q, put64(72, 1<<5)), QCOW2, "feature bit 5"},
		{"qcow2, unknown high bit", made(q, put64(72, 1<<63)), QCOW2, "feature bit 63"},
		{"qcow2, cluster bits 0", made(q, put32(20, 0)), QCOW2, "cluster_bits 0"},
		{"qcow2, cluster bits 22", made(q, put32(20, 22)), QCOW2, "cluster_bits 22"},
		{"qcow2, cluster bits wrap", made(q, put32(20, 64)), QCOW2, "cluster_bits 64"},
		{"qcow2, encrypted", made(q, put32(32, 1)), QCOW2, "encrypted"},
		{"qcow2, encryption header", made(q, put32(104, extEncryption), put32(108, 16)), QCOW2, "encryption"},
		{"qcow2, huge L1", made(q, put32(36, 0xffffffff)), QCOW2, "L1 table has 4294967295"},
		{"qcow2, small L1", made(q, put32(36, 1)), QCOW2, "needs 2"},
		{"qcow2, L1 beyond", made(q, put64(40, 1<<62)), QCOW2, "L1 table is not within"},
		{"qcow2, L1 wraps", made(q, put64(40, ^uint64(0)&^0xffff)), QCOW2, "L1 table is not within"},
		{"qcow2, L1 askew", made(q, put64(40, 3*65536+8)), QCOW2, "L1 table is not within"},
		{"qcow2, L1 over the header", made(q, put64(40, 0)), QCOW2, "L1 table is not within"},
		{"qcow2, size huge", made(q, put64(24, 1<<62)), QCOW2, "1 PiB"},
		{"qcow2, size negative", made(q, put64(24, 1<<63)), QCOW2, "1 PiB"},
		{"qcow2, no refcounts", made(q, put32(56, 0)), QCOW2, "refcount table has 0"},
		{"qcow2, refcounts huge", made(q, put32(56, 0xffffffff)), QCOW2, "refcount table has"},
		{"qcow2, refcounts beyond", made(q, put64(48, 1<<40)), QCOW2, "refcount table is not"},
		{"qcow2, refcount order", made(q, put32(96, 7)), QCOW2, "refcount_order 7"},
		{"qcow2, snapshots", made(q, put32(60, 0xffffffff)), QCOW2, "snapshots"},
		{"qcow2, snapshots beyond", made(q, put32(60, 1), put64(64, 1<<40)), QCOW2, "snapshot table"},
		{"qcow2, header length 0", made(q, put32(100, 0)), QCOW2, "length of 0"},
		{"qcow2, header length odd", made(q, put32(100, 107)), QCOW2, "length of 107"},
		{"qcow2, header length huge", made(q, put32(100, 0xfffffff8)), QCOW2, "length of"},
		{"qcow2, compression without its bit", made(q, put32(100, 112), text(104, "\x01")), QCOW2, "compression type 1"},
		{"qcow2, compression unknown", made(q, put64(72, featureCompression), put32(100, 112), text(104, "\x07")), QCOW2, "compression type 7"},
		{"qcow2, subclusters too small", made(q, put64(72, featureExtendedL2), put32(20, 13)), QCOW2, "need 14"},
		{"qcow2, extension runs over", made(q, put32(104, 7), put32(108, 0xfffffff0)), QCOW2, "runs over"},
		{"qcow2, extensions without end", endlessExtensions(), QCOW2, "do not end"},

		{"vmdk", goodVMDK(sparseDescriptor), VMDK, ""},
		{"vmdk, stream", footerVMDK(le64(56, 22)), VMDK, ""},
		{"vmdk, flat inside", vmdkWith(`RW 2048 SPARSE "disk.vmdk"`, `RW 2048 FLAT "/etc/shadow" 0`), VMDK, "not SPARSE"},
		{"vmdk, flat type", vmdkWith("monolithicSparse", "monolithicFlat"), VMDK, `"monolithicFlat"`},
		{"vmdk, type twice", vmdkWith("\n\n", "\ncreateType=\"monolithicFlat\"\n"), VMDK, "more than once"},
		{"vmdk, no type", vmdkWith("createType", "createtipe"), VMDK, "createType is"},
		{"vmdk, path", vmdkWith("disk.vmdk", "../../etc/shadow"), VMDK, "with a path"},
		{"vmdk, two extents", vmdkWith("\nddb", "\nRW 2 SPARSE \"b.vmdk\"\nddb"), VMDK, "2 extents"},
		{"vmdk, no extent", vmdkWith("RW 2048", "# RW 2048"), VMDK, "0 extents"},
		{"vmdk, parent", vmdkWith("parentCID=ffffffff", "parentCID=12345678"), VMDK, "parent"},
		{"vmdk, parent name", vmdkWith("\nddb", "\nparentFileNameHint=\"/etc/shadow\"\nddb"), VMDK, "parent file"},
		{"vmdk, descriptor file", []byte(vmdkText("monolithicFlat")), VMDK, "names other files"},
		{"vmdk, disguised descriptor", []byte("# harmless\n\n" + strings.Split(vmdkText("vmfs"), "\n")[1] + "\ncreateType=\"vmfs\"\n"), VMDK, "names other files"},
		{"vmdk, esx", made(make([]byte, 4096), text(0, "COWD")), VMDK, "ESX"},
		{"vmdk, cut", goodVMDK(sparseDescriptor)[:100], VMDK, "truncated"},
		{"vmdk, no capacity", made(goodVMDK(sparseDescriptor), le64(12, 0)), VMDK, "no capacity"},
		{"vmdk, capacity", made(goodVMDK(sparseDescriptor), le64(12, 1<<60)), VMDK, "1 PiB"},
		{"vmdk, grain", made(goodVMDK(sparseDescriptor), le64(20, 0)), VMDK, "grain size"},
		{"vmdk, tables", made(goodVMDK(sparseDescriptor), le32(44, 1<<20)), VMDK, "grain tables"},
		{"vmdk, no descriptor", made(goodVMDK(sparseDescriptor), le64(28, 0)), VMDK, "no descriptor"},
		{"vmdk, descriptor far", made(goodVMDK(sparseDescriptor), le64(28, 1<<55)), VMDK, "first 64 KiB"},
		{"vmdk, descriptor long", made(goodVMDK(sparseDescriptor), le64(36, 1<<55)), VMDK, "first 64 KiB"},
		{"vmdk, descriptor over the end", made(goodVMDK(sparseDescriptor), le64(36, 128)), VMDK, "first 65536 bytes"},
		{"vmdk, version", made(goodVMDK(sparseDescriptor), le32(4, 9)), VMDK, "version 9"},
		{"vmdk, directory beyond", made(goodVMDK(sparseDescriptor), le64(56, 1<<20)), VMDK, "grain directory"},
		{"vmdk, no footer", made(footerVMDK()[:65536]), VMDK, "footer is missing"},
		{"vmdk, footer points to a footer", footerVMDK(le64(56, gdAtEnd)), VMDK, "no grain directory"},
		{"vmdk, footer has another capacity", footerVMDK(le64(12, 0)), VMDK, "differ"},
		{"vmdk, footer has another descriptor", footerVMDK(le64(28, 100)), VMDK, "differ"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			info, err := Inspect(bytes.NewReader(tt.image), int64(len(tt.image)))
			if info.Format != tt.format {
				t.Errorf("format %q, want %q", info.Format, tt.format)
			}
			switch {
			case tt.refusal == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.refusal != "" && (err == nil || !strings.Contains(err.Error(), tt.refusal)):
				t.Errorf("verdict %v, want a refusal with %q", err, tt.refusal)
			case err != nil && !fault.Is(err, fault.BadRequest):
				t.Errorf("verdict %v is not a BadRequest", err)
			}
		})
	}
}

func vmdkText(kind string) string {
	return "# Disk DescriptorFile\nversion=1\ncreateType=\"" + kind + "\"\nRW 2048 FLAT \"/etc/shadow\" 0\n"
}

// endlessExtensions has a cluster of 2 MiB full of empty extensions.
func endlessExtensions() []byte {
	p := make([]byte, 8<<20)
	copy(p, made(goodQCOW2()[:104], put32(20, 21), put64(40, 6<<20), put64(48, 2<<20)))
	for off := 104; off < headSize; off += 8 {
		binary.BigEndian.PutUint32(p[off:], 1)
	}
	return p
}

func TestInspectSizes(t *testing.T) {
	gpt := made(make([]byte, 4096), text(512, "EFI PART"), text(510, "\x55\xaa"))
	for _, tt := range []struct {
		name  string
		image []byte
		want  Info
	}{
		{"qcow2", goodQCOW2(), Info{Format: QCOW2, Size: 4 << 16, VirtualSize: 1 << 30, Version: 3}},
		{"vmdk", goodVMDK(sparseDescriptor), Info{Format: VMDK, Size: 1 << 16, VirtualSize: 1 << 20, Version: 1, Subformat: "monolithicSparse"}},
		{"gpt", gpt, Info{Format: Raw, Size: 4096, VirtualSize: 4096, Partitions: "gpt"}},
		{"mbr", gpt[:512], Info{Format: Raw, Size: 512, VirtualSize: 512, Partitions: "mbr"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Inspect(bytes.NewReader(tt.image), int64(len(tt.image)))
			if err != nil || got != tt.want {
				t.Errorf("Inspect = %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

// A stream cut into any pieces is judged like the file.
func TestInspectorIsInspect(t *testing.T) {
	images := [][]byte{goodQCOW2(), goodVMDK(sparseDescriptor), footerVMDK(le64(56, 22)), endlessExtensions(), make([]byte, 700), nil}
	rapid.Check(t, func(t *rapid.T) {
		image := rapid.SampledFrom(images).Draw(t, "image")
		if rapid.Bool().Draw(t, "cut") {
			image = image[:rapid.IntRange(0, len(image)).Draw(t, "size")]
		}
		var i Inspector
		for rest := image; len(rest) > 0; {
			n := rapid.IntRange(1, max(1, min(len(rest), rapid.SampledFrom([]int{1, 511, 1536, 70000, 8 << 20}).Draw(t, "piece")))).Draw(t, "n")
			if n < 64 && len(rest) > 4096 {
				n = len(rest) - 2048
			}
			if _, err := i.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		got, gotErr := i.Verdict()
		want, wantErr := Inspect(bytes.NewReader(image), int64(len(image)))
		if got != want || (gotErr == nil) != (wantErr == nil) || gotErr != nil && gotErr.Error() != wantErr.Error() {
			t.Fatalf("stream: %+v, %v; file: %+v, %v", got, gotErr, want, wantErr)
		}
		if cap(i.head) > 2*headSize || cap(i.tail) > 2*tailSize {
			t.Fatalf("kept %d and %d bytes", cap(i.head), cap(i.tail))
		}
	})
}

func TestInspectReadError(t *testing.T) {
	if _, err := Inspect(bytes.NewReader(make([]byte, 10)), 20); err == nil {
		t.Error("a file shorter than said was accepted")
	}
	var i Inspector
	if _, err := io.Copy(&i, iotest.OneByteReader(bytes.NewReader(goodQCOW2()))); err != nil {
		t.Fatal(err)
	}
	if info, err := i.Verdict(); err != nil || info.Format != QCOW2 {
		t.Errorf("byte by byte: %+v, %v", info, err)
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		declared string
		found    Format
		refusal  string
	}{
		{"raw", Raw, ""},
		{"qcow2", QCOW2, ""},
		{"vmdk", VMDK, ""},
		{"iso", ISO, ""},
		{"aki", Raw, ""},
		{"ari", Gzip, ""},
		{"ari", Cpio, ""},
		{"raw", QCOW2, "declared as raw, but the data is qcow2; set disk_format"},
		{"raw", VMDK, "declared as raw"},
		{"raw", VHD, "declared as raw"},
		{"raw", ISO, "declared as raw"},
		{"raw", LUKS, "convert or unpack"},
		{"raw", Gzip, "convert or unpack"},
		{"qcow2", Raw, "the data is raw"},
		{"iso", QCOW2, "the data is qcow2"},
		{"aki", QCOW2, "the data is qcow2"},
		{"ari", VMDK, "the data is vmdk"},
		{"ami", QCOW2, "the data is qcow2"},
		{"ploop", Raw, "not supported"},
		{"", Raw, "not supported"},
		{"luks", LUKS, "not supported"},
	} {
		err := Check(tt.declared, Info{Format: tt.found})
		switch {
		case tt.refusal == "" && err != nil:
			t.Errorf("Check(%q, %s) = %v", tt.declared, tt.found, err)
		case tt.refusal != "" && (!fault.Is(err, fault.BadMediaType) || !strings.Contains(err.Error(), tt.refusal)):
			t.Errorf("Check(%q, %s) = %v, want %q", tt.declared, tt.found, err, tt.refusal)
		}
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(goodQCOW2()[:66000])
	f.Add(goodVMDK(sparseDescriptor)[:16384])
	f.Add(footerVMDK(le64(56, 22)))
	f.Add(made(make([]byte, 4608), text(4096, "conectix")))
	f.Fuzz(func(t *testing.T, p []byte) {
		info, err := Inspect(bytes.NewReader(p), int64(len(p)))
		if err != nil {
			if !fault.Is(err, fault.BadRequest) {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		if info.Size != int64(len(p)) || info.VirtualSize < 0 || info.VirtualSize > maxVirtualSize {
			t.Fatalf("accepted with %+v", info)
		}
		if info.Format == QCOW2 && (binary.BigEndian.Uint64(p[8:]) != 0 || info.Version == 3 && p[79]&featureExternalData != 0) {
			t.Fatal("accepted a qcow2 that names another file")
		}
		if info.Format == VMDK && !vmdkSubformats[info.Subformat] {
			t.Fatalf("accepted the vmdk createType %q", info.Subformat)
		}
	})
}

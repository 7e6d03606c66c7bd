// Package disk knows disk images: it inspects what users upload, lays out the
// disks of guests, keeps base images in a cache and owns the one wrapper of
// qemu-img.
//
// Nothing here ever opens a disk that a guest has written in order to find out
// its format: formats come from the inspection of the upload and are named from
// then on.
package disk

import (
	"io"
	"os"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// Format is a disk or file format by the name that the image API uses for it,
// where it has one.
type Format string

// The formats that an upload may be found to have.
const (
	Raw   Format = "raw" // nothing else was recognised
	QCOW2 Format = "qcow2"
	VMDK  Format = "vmdk"
	VDI   Format = "vdi"
	VHD   Format = "vhd"
	VHDX  Format = "vhdx"
	ISO   Format = "iso"
	UDF   Format = "udf"
	LUKS  Format = "luks"

	QCOW      Format = "qcow"
	QED       Format = "qed"
	Parallels Format = "parallels"
	DMG       Format = "dmg"
	Gzip      Format = "gzip"
	XZ        Format = "xz"
	Zstd      Format = "zstd"
	Bzip2     Format = "bzip2"
	LZ4       Format = "lz4"
	Zip       Format = "zip"
	SevenZip  Format = "7z"
	Tar       Format = "tar"
	Cpio      Format = "cpio"
)

const (
	// headSize is how much of the beginning an Inspector keeps: enough for
	// every header it reads and for the volume descriptor of an ISO 9660
	// image at 32 KiB.
	headSize = 64 << 10
	// tailSize is how much of the end it keeps: the three sectors of a VMDK
	// footer, which hold the footers of VHD and DMG as well.
	tailSize = 3 * 512
	// maxVirtualSize is the largest disk that any header may claim: 1 PiB.
	maxVirtualSize = 1 << 50
)

// Info is what an image was found to be.
type Info struct {
	Format      Format
	Size        int64  // bytes of the file
	VirtualSize int64  // bytes of the disk that a guest would see; Size where the format has no other
	Version     int    // of the format, where it has versions
	Subformat   string // createType of a VMDK
	Partitions  string // gpt or mbr, for raw
}

// Inspector finds out the format of an image while its bytes pass through
// Write. It keeps 66 KB at most, whatever the size of the image. The zero value
// is ready for use.
type Inspector struct {
	head []byte
	tail []byte
	size int64
}

// Write takes the next bytes of the image. It never fails.
func (i *Inspector) Write(p []byte) (int, error) {
	if room := headSize - len(i.head); room > 0 {
		i.head = append(i.head, p[:min(room, len(p))]...)
	}
	if len(p) >= tailSize {
		i.tail = append(i.tail[:0], p[len(p)-tailSize:]...)
	} else {
		if over := len(i.tail) + len(p) - tailSize; over > 0 {
			i.tail = append(i.tail[:0], i.tail[over:]...)
		}
		i.tail = append(i.tail, p...)
	}
	i.size += int64(len(p))
	return len(p), nil
}

// Verdict says what the bytes written so far are, taken as a whole image. An
// image that must not be used gives a fault.BadRequest that names the reason,
// together with what is known of it.
func (i *Inspector) Verdict() (Info, error) { return judge(i.head, i.tail, i.size) }

// Inspect is an Inspector's verdict on size bytes of r; it reads the beginning
// and the end only.
func Inspect(r io.ReaderAt, size int64) (Info, error) {
	head := make([]byte, min(size, headSize))
	tail := make([]byte, min(size, tailSize))
	if err := readFullAt(r, head, 0); err != nil {
		return Info{}, err
	}
	if err := readFullAt(r, tail, size-int64(len(tail))); err != nil {
		return Info{}, err
	}
	return judge(head, tail, size)
}

// InspectFile is Inspect of the file at path. It is for files that we wrote
// and no guest has.
func InspectFile(path string) (Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return Info{}, err
	}
	return Inspect(f, st.Size())
}

func readFullAt(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func judge(head, tail []byte, size int64) (Info, error) {
	info := Info{Format: Raw, Size: size, VirtualSize: size}
	found := detect(head, tail)
	if len(found) == 0 {
		info.Partitions = partitions(head)
		return info, nil
	}
	info.Format = found[0]
	if len(found) > 1 {
		return info, refuse("the image is %s and %s at the same time; upload a file that is one thing", found[0], found[1])
	}
	var err error
	switch info.Format {
	case QCOW2:
		err = readQCOW2(head, &info)
	case VMDK:
		err = readVMDK(head, tail, &info)
	case VDI:
		err = readVDI(head, &info)
	case VHD:
		err = readVHD(tail, &info)
	}
	if err == nil && (info.VirtualSize < 0 || info.VirtualSize > maxVirtualSize) {
		err = refuse("the %s header claims a disk of %d bytes; the limit is 1 PiB", info.Format, uint64(info.VirtualSize))
	}
	return info, err
}

// refuse is a verdict against an image.
func refuse(format string, args ...any) error {
	return fault.New(fault.BadRequest, format, args...)
}

// contents lists what a declared disk_format may be found to be. Kernels and
// ramdisks are whatever no hypervisor takes for a disk format.
var contents = map[string][]Format{
	"raw":   {Raw},
	"qcow2": {QCOW2},
	"vmdk":  {VMDK},
	"vdi":   {VDI},
	"vhd":   {VHD},
	"vhdx":  {VHDX},
	"iso":   {ISO, UDF},
	"ami":   {Raw},
	"aki":   {Raw, Gzip},
	"ari":   {Raw, Gzip, XZ, Zstd, Bzip2, LZ4, Cpio},
}

// Check holds the declared disk_format of an image against what it was found
// to be; a difference is a fault.BadMediaType (415) naming both.
func Check(declared string, info Info) error {
	allowed, known := contents[declared]
	if !known {
		return fault.New(fault.BadMediaType, "disk_format %q is not supported; use raw, qcow2, vmdk, vdi, vhd, vhdx, iso, ami, aki or ari", declared)
	}
	for _, f := range allowed {
		if f == info.Format {
			return nil
		}
	}
	hint := "set disk_format to what it is"
	if _, nameable := contents[string(info.Format)]; !nameable {
		hint = "convert or unpack it before the upload"
	}
	return fault.New(fault.BadMediaType, "disk_format is declared as %s, but the data is %s; %s", declared, info.Format, hint)
}

package disk

import (
	"bytes"
	"encoding/binary"
)

// magics are the signatures at fixed offsets from the beginning.
var magics = []struct {
	offset int
	bytes  string
	format Format
}{
	{0, "QFI\xfb\x00\x00\x00\x02", QCOW2},
	{0, "QFI\xfb\x00\x00\x00\x03", QCOW2},
	{0, "QFI\xfb\x00\x00\x00\x01", QCOW},
	{0, "QED\x00", QED},
	{0, "KDMV", VMDK},
	{0, "COWD", VMDK},
	{64, "\x7f\x10\xda\xbe", VDI},
	{0, "conectix", VHD},
	{0, "vhdxfile", VHDX},
	{0, "LUKS\xba\xbe", LUKS},
	{0, "WithoutFreeSpace", Parallels},
	{0, "WithouFreSpacExt", Parallels},
	{0, "\x1f\x8b", Gzip},
	{0, "\xfd7zXZ\x00", XZ},
	{0, "\x28\xb5\x2f\xfd", Zstd},
	{0, "BZh", Bzip2},
	{0, "\x04\x22\x4d\x18", LZ4},
	{0, "\x02\x21\x4c\x18", LZ4},
	{0, "PK\x03\x04", Zip},
	{0, "7z\xbc\xaf\x27\x1c", SevenZip},
	{257, "ustar", Tar},
	{0, "070701", Cpio},
	{0, "070702", Cpio},
	{32769, "CD001", ISO},
	{32769, "BEA01", UDF},
}

// detect lists the formats whose signature the image carries, each once.
func detect(head, tail []byte) []Format {
	var found []Format
	add := func(f Format) {
		for _, have := range found {
			if have == f {
				return
			}
		}
		found = append(found, f)
	}
	for _, m := range magics {
		if len(head) > m.offset && bytes.HasPrefix(head[m.offset:], []byte(m.bytes)) {
			add(m.format)
		}
	}
	if bytes.HasPrefix(head, []byte("QFI\xfb")) && len(found) == 0 {
		add(QCOW2) // of a version that readQCOW2 refuses
	}
	if isVMDKDescriptor(head) {
		add(VMDK)
	}
	if n := len(tail); n >= 512 {
		if bytes.HasPrefix(tail[n-512:], []byte("conectix")) {
			add(VHD) // a fixed VHD has a footer only
		}
		if bytes.HasPrefix(tail[n-512:], []byte("koly")) {
			add(DMG)
		}
	}
	return found
}

// partitions names the partition table of a raw disk, if it has one.
func partitions(head []byte) string {
	for _, sector := range []int{512, 4096} {
		if len(head) >= sector+8 && string(head[sector:sector+8]) == "EFI PART" {
			return "gpt"
		}
	}
	if len(head) >= 512 && head[510] == 0x55 && head[511] == 0xaa && !isLinuxKernel(head) {
		return "mbr"
	}
	return ""
}

// isLinuxKernel knows a bzImage, whose first sector ends like a boot sector.
func isLinuxKernel(head []byte) bool {
	return len(head) >= 0x206 && string(head[0x202:0x206]) == "HdrS"
}

func readVDI(head []byte, info *Info) error {
	if len(head) < 512 {
		return refuse("the vdi header is truncated at %d bytes", len(head))
	}
	info.VirtualSize = int64(binary.LittleEndian.Uint64(head[368:]))
	return nil
}

func readVHD(tail []byte, info *Info) error {
	// The footer of every VHD is its last sector; a dynamic one begins with
	// a copy of it.
	n := len(tail)
	if n < 512 || !bytes.HasPrefix(tail[n-512:], []byte("conectix")) {
		return refuse("the vhd footer is missing: the file is truncated")
	}
	info.VirtualSize = int64(binary.BigEndian.Uint64(tail[n-512+48:]))
	return nil
}

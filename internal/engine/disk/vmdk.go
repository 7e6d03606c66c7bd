package disk

import (
	"bytes"
	"encoding/binary"
	"strings"
)

const (
	vmdkSector = 512
	// gdAtEnd is the grain directory offset of a streamOptimized VMDK whose
	// header is repeated, with the true offset, in a footer.
	gdAtEnd = ^uint64(0)
)

// vmdkSubformats are the createTypes that hold all their data in one file
// (OSSA-2023-002): every other one names files of the host.
var vmdkSubformats = map[string]bool{"monolithicSparse": true, "streamOptimized": true}

// vmdkExtents are the words that begin an extent line of a descriptor.
var vmdkExtents = map[string]bool{"RW": true, "RDONLY": true, "NOACCESS": true}

// isVMDKDescriptor knows a VMDK that is only a descriptor, a text naming other
// files. QEMU skips comments and blank lines before it looks for "version".
func isVMDKDescriptor(head []byte) bool {
	if bytes.HasPrefix(head, []byte("# Disk DescriptorFile")) {
		return true
	}
	if len(head) == 0 || (head[0] != '#' && head[0] != 'v' && head[0] != ' ' && head[0] != '\n' && head[0] != '\r' && head[0] != '\t') {
		return false
	}
	for line := range bytes.Lines(head[:min(len(head), 4096)]) {
		text := strings.ToLower(strings.TrimSpace(string(line)))
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		return strings.HasPrefix(text, "version=") && bytes.Contains(head, []byte("createType"))
	}
	return false
}

// sparseHeader is the header of a hosted sparse extent, after its magic.
type sparseHeader struct {
	version          uint32
	capacity, grain  uint64 // sectors
	descOff, descLen uint64 // sectors
	entriesPerTable  uint32
	gdOff            uint64
}

func parseSparse(p []byte) sparseHeader {
	le := binary.LittleEndian
	return sparseHeader{
		version:         le.Uint32(p[4:]),
		capacity:        le.Uint64(p[12:]),
		grain:           le.Uint64(p[20:]),
		descOff:         le.Uint64(p[28:]),
		descLen:         le.Uint64(p[36:]),
		entriesPerTable: le.Uint32(p[44:]),
		gdOff:           le.Uint64(p[56:]),
	}
}

// readVMDK reads the sparse header, its footer if it has one, and the
// descriptor in it.
func readVMDK(head, tail []byte, info *Info) error {
	if isVMDKDescriptor(head) {
		return refuse("the vmdk is a descriptor that names other files; convert it to monolithicSparse or streamOptimized, in one file")
	}
	if bytes.HasPrefix(head, []byte("COWD")) {
		return refuse("the vmdk is an ESX sparse extent; convert it to monolithicSparse or streamOptimized")
	}
	if len(head) < vmdkSector {
		return refuse("the vmdk header is truncated at %d bytes", len(head))
	}
	h := parseSparse(head)
	info.Version = int(h.version)
	if err := checkSparse(h, info.Size); err != nil {
		return err
	}
	info.VirtualSize = int64(h.capacity * vmdkSector)
	if h.gdOff == gdAtEnd {
		if err := checkVMDKFooter(h, tail, info.Size); err != nil {
			return err
		}
	}
	start, length := h.descOff*vmdkSector, h.descLen*vmdkSector
	if !within(start, length, uint64(len(head))) {
		return refuse("the vmdk descriptor is not within the first %d bytes", len(head))
	}
	desc, _, _ := bytes.Cut(head[start:start+length], []byte{0})
	return readVMDKDescriptor(string(desc), info)
}

func checkSparse(h sparseHeader, size int64) error {
	switch {
	case h.version < 1 || h.version > 3:
		return refuse("vmdk version %d is not known; use version 1 to 3", h.version)
	case h.capacity == 0:
		return refuse("the vmdk header has no capacity, which makes its descriptor name other files")
	case h.capacity > maxVirtualSize/vmdkSector:
		return refuse("the vmdk header claims a disk of %d sectors; the limit is 1 PiB", h.capacity)
	case h.grain < 8 || h.grain > 128 || h.grain&(h.grain-1) != 0:
		return refuse("the vmdk grain size is %d sectors; it must be a power of two from 8 to 128", h.grain)
	case h.entriesPerTable == 0 || h.entriesPerTable > 512:
		return refuse("the vmdk grain tables have %d entries; they must have 1 to 512", h.entriesPerTable)
	case h.descOff == 0 || h.descLen == 0:
		return refuse("the vmdk has no descriptor inside; convert it to monolithicSparse or streamOptimized")
	case h.descOff > headSize/vmdkSector || h.descLen > headSize/vmdkSector:
		return refuse("the vmdk descriptor has %d sectors at sector %d; it must lie in the first 64 KiB", h.descLen, h.descOff)
	}
	if h.gdOff == gdAtEnd {
		return nil
	}
	tables := (h.capacity + h.grain*uint64(h.entriesPerTable) - 1) / (h.grain * uint64(h.entriesPerTable))
	if h.gdOff > maxVirtualSize/vmdkSector || !within(h.gdOff*vmdkSector, tables*4, uint64(size)) {
		return refuse("the vmdk grain directory is not within the file of %d bytes: it is truncated or damaged", size)
	}
	return nil
}

// checkVMDKFooter reads the footer that takes the place of the header: a
// hypervisor believes it, so it must say the same.
func checkVMDKFooter(h sparseHeader, tail []byte, size int64) error {
	if len(tail) < tailSize || !bytes.HasPrefix(tail[vmdkSector:], []byte("KDMV")) {
		return refuse("the vmdk footer is missing: the file is truncated")
	}
	f := parseSparse(tail[vmdkSector:])
	if f.gdOff == gdAtEnd {
		return refuse("the vmdk footer names no grain directory")
	}
	if f.capacity != h.capacity || f.descOff != h.descOff || f.descLen != h.descLen {
		return refuse("the vmdk footer and header differ")
	}
	return checkSparse(f, size)
}

// readVMDKDescriptor reads the text inside a sparse VMDK: one allowed
// createType, one extent that is this file itself, no parent.
func readVMDKDescriptor(desc string, info *Info) error {
	created, extents := false, 0
	for line := range strings.Lines(desc) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if fields := strings.Fields(line); vmdkExtents[strings.ToUpper(fields[0])] {
			extents++
			if err := checkVMDKExtent(line, fields); err != nil {
				return err
			}
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "createtype":
			if created {
				return refuse("the vmdk descriptor has createType more than once")
			}
			created, info.Subformat = true, value
		case "parentcid":
			if !strings.EqualFold(value, "ffffffff") {
				return refuse("the vmdk has a parent; flatten it before the upload")
			}
		case "parentfilenamehint":
			return refuse("the vmdk names a parent file; flatten it before the upload")
		}
	}
	switch {
	case !vmdkSubformats[info.Subformat]:
		return refuse("the vmdk createType is %q; only monolithicSparse and streamOptimized are taken", info.Subformat)
	case extents != 1:
		return refuse("the vmdk descriptor has %d extents; it must have one", extents)
	}
	return nil
}

func checkVMDKExtent(line string, fields []string) error {
	if len(fields) < 4 || fields[2] != "SPARSE" {
		return refuse("the vmdk has an extent that is not SPARSE; convert it to monolithicSparse or streamOptimized")
	}
	if _, name, ok := strings.Cut(line, `"`); !ok || strings.ContainsAny(name, `/\`) {
		return refuse("the vmdk has an extent with a path; its name must be a plain file name")
	}
	return nil
}

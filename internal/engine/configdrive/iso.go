package configdrive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// An ISO 9660 image (ECMA-119) with Joliet names: sixteen empty sectors, a
// primary and a Joliet volume descriptor, their end, the path tables and
// directories of both, then the files, which both share. Linux and Windows read
// the Joliet tree; the other one has the same names in upper case.

const sector = 2048

// isoDir is a directory with its place in either tree.
type isoDir struct {
	name    string // last part of its path; "" for the root
	parent  int
	dirs    []int // in order of name
	files   []*isoFile
	lba     [2]uint32
	records [2]uint32 // bytes of its records, whole sectors
}

type isoFile struct {
	name string
	data []byte
	lba  uint32
}

// tree is how names are written in the primary (0) and the Joliet (1) tree.
type tree int

const (
	primary tree = iota
	joliet
)

// writeISO makes an image with the given label and files (path to contents).
// Paths have lower-case letters, digits, dots and underscores, so that the
// primary tree can have them too.
func writeISO(label string, files map[string][]byte, at time.Time) ([]byte, error) {
	dirs, err := grow(files)
	if err != nil {
		return nil, err
	}
	next := uint32(16 + 3) // descriptors
	var tables [2]uint32   // little-endian table; the big-endian one follows
	for t := primary; t <= joliet; t++ {
		if len(pathTable(dirs, t, binary.LittleEndian)) > sector {
			return nil, fmt.Errorf("configdrive: too many directories")
		}
		tables[t] = next
		next += 2
	}
	for t := primary; t <= joliet; t++ {
		for i := range dirs {
			dirs[i].lba[t] = next
			dirs[i].records[t] = dirs[i].size(dirs, t)
			next += dirs[i].records[t] / sector
		}
	}
	for i := range dirs {
		for _, f := range dirs[i].files {
			f.lba = next
			next += sectors(len(f.data))
		}
	}

	image := make([]byte, int(next)*sector)
	for t := primary; t <= joliet; t++ {
		copy(image[(16+int(t))*sector:], descriptor(dirs, t, label, next, tables[t], at))
		copy(image[int(tables[t])*sector:], pathTable(dirs, t, binary.LittleEndian))
		copy(image[(int(tables[t])+1)*sector:], pathTable(dirs, t, binary.BigEndian))
		for i := range dirs {
			copy(image[int(dirs[i].lba[t])*sector:], dirs[i].write(dirs, t, at))
		}
	}
	copy(image[18*sector:], "\xffCD001\x01")
	for i := range dirs {
		for _, f := range dirs[i].files {
			copy(image[int(f.lba)*sector:], f.data)
		}
	}
	return image, nil
}

// grow makes the directories, each after its parent, as a path table wants
// them.
func grow(files map[string][]byte) ([]isoDir, error) {
	dirs := []isoDir{{}}
	paths := make([]string, 0, len(files))
	for path := range files {
		paths = append(paths, path)
	}
	slices.SortFunc(paths, func(a, b string) int {
		if n := strings.Count(a, "/") - strings.Count(b, "/"); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	for _, path := range paths {
		at := 0
		parts := strings.Split(path, "/")
		for _, part := range parts {
			if part == "" || part[0] == '.' || len(part) > 27 || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
				return nil, fmt.Errorf("configdrive: file name %q", path)
			}
		}
		for _, part := range parts[:len(parts)-1] {
			below := slices.IndexFunc(dirs[at].dirs, func(i int) bool { return dirs[i].name == part })
			if below >= 0 {
				at = dirs[at].dirs[below]
				continue
			}
			dirs = append(dirs, isoDir{name: part, parent: at})
			dirs[at].dirs = append(dirs[at].dirs, len(dirs)-1)
			at = len(dirs) - 1
		}
		dirs[at].files = append(dirs[at].files, &isoFile{name: parts[len(parts)-1], data: files[path]})
	}
	return dirs, nil
}

func sectors(n int) uint32 { return uint32((n + sector - 1) / sector) }

// name writes the name of a file or directory for a tree.
func (t tree) name(name string, isFile bool) []byte {
	if t == joliet {
		return ucs2(name)
	}
	name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	if isFile {
		if !strings.Contains(name, ".") {
			name += "."
		}
		name += ";1"
	}
	return []byte(name)
}

func ucs2(s string) []byte {
	var p []byte
	for _, u := range utf16.Encode([]rune(s)) {
		p = binary.BigEndian.AppendUint16(p, u)
	}
	return p
}

// record is one directory record (ECMA-119 9.1).
func record(name []byte, lba, size uint32, dir bool, at time.Time) []byte {
	p := make([]byte, (33+len(name)+1)&^1)
	p[0] = byte(len(p))
	both32(p[2:], lba)
	both32(p[10:], size)
	at = at.UTC()
	copy(p[18:], []byte{byte(at.Year() - 1900), byte(at.Month()), byte(at.Day()), byte(at.Hour()), byte(at.Minute()), byte(at.Second()), 0})
	if dir {
		p[25] = 2
	}
	both16(p[28:], 1)
	p[32] = byte(len(name))
	copy(p[33:], name)
	return p
}

func (d *isoDir) write(dirs []isoDir, t tree, at time.Time) []byte {
	up := &dirs[d.parent]
	records := [][]byte{
		record([]byte{0}, d.lba[t], d.records[t], true, at),
		record([]byte{1}, up.lba[t], up.records[t], true, at),
	}
	var named [][]byte
	for _, i := range d.dirs {
		named = append(named, record(t.name(dirs[i].name, false), dirs[i].lba[t], dirs[i].records[t], true, at))
	}
	for _, f := range d.files {
		named = append(named, record(t.name(f.name, true), f.lba, uint32(len(f.data)), false, at))
	}
	slices.SortFunc(named, func(a, b []byte) int { return bytes.Compare(a[33:33+a[32]], b[33:33+b[32]]) })
	var p []byte
	for _, r := range append(records, named...) {
		if left := sector - len(p)%sector; len(r) > left { // no record crosses a sector
			p = append(p, make([]byte, left)...)
		}
		p = append(p, r...)
	}
	return append(p, make([]byte, int(sectors(len(p)))*sector-len(p))...)
}

func (d *isoDir) size(dirs []isoDir, t tree) uint32 {
	return uint32(len(d.write(dirs, t, time.Time{})))
}

// pathTable lists the directories (ECMA-119 9.4).
func pathTable(dirs []isoDir, t tree, order binary.AppendByteOrder) []byte {
	var p []byte
	for i := range dirs {
		name := []byte{0}
		if i > 0 {
			name = t.name(dirs[i].name, false)
		}
		p = append(p, byte(len(name)), 0)
		p = order.AppendUint32(p, dirs[i].lba[t])
		p = order.AppendUint16(p, uint16(dirs[i].parent+1))
		p = append(p, name...)
		if len(name)%2 == 1 {
			p = append(p, 0)
		}
	}
	return p
}

// descriptor is a volume descriptor (ECMA-119 8.4, 8.5).
func descriptor(dirs []isoDir, t tree, label string, size, table uint32, at time.Time) []byte {
	p := make([]byte, sector)
	text := func(from, to int, s string) {
		if t == joliet {
			field := bytes.Repeat([]byte{0, ' '}, (to-from)/2)
			copy(field, ucs2(s))
			copy(p[from:to], field)
			return
		}
		copy(p[from:to], s+strings.Repeat(" ", to-from))
	}
	p[0] = 1
	if t == joliet {
		p[0] = 2
		copy(p[88:], "%/E") // UCS-2 level 3
	}
	copy(p[1:], "CD001\x01")
	text(8, 40, "")
	text(40, 72, label)
	both32(p[80:], size)
	both16(p[120:], 1)
	both16(p[124:], 1)
	both16(p[128:], sector)
	both32(p[132:], uint32(len(pathTable(dirs, t, binary.LittleEndian))))
	binary.LittleEndian.PutUint32(p[140:], table)
	binary.BigEndian.PutUint32(p[148:], table+1)
	copy(p[156:], record([]byte{0}, dirs[0].lba[t], dirs[0].records[t], true, at))
	for _, f := range [][2]int{{190, 318}, {318, 446}, {446, 574}, {574, 702}, {702, 739}, {739, 776}, {776, 813}} {
		text(f[0], f[1], "")
	}
	stamp := at.UTC().Format("20060102150405") + "00\x00"
	copy(p[813:], stamp)
	copy(p[830:], stamp)
	copy(p[847:], "0000000000000000\x00")
	copy(p[864:], stamp)
	p[881] = 1
	return p
}

func both16(p []byte, v uint16) {
	binary.LittleEndian.PutUint16(p, v)
	binary.BigEndian.PutUint16(p[2:], v)
}

func both32(p []byte, v uint32) {
	binary.LittleEndian.PutUint32(p, v)
	binary.BigEndian.PutUint32(p[4:], v)
}

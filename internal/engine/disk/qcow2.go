package disk

import (
	"encoding/binary"
	"math/bits"
)

// The limits that QEMU itself keeps (docs/interop/qcow2.txt): what is beyond
// them would be refused later or is made to hurt.
const (
	minClusterBits   = 9
	maxClusterBits   = 21
	maxL1Bytes       = 32 << 20
	maxRefTableBytes = 8 << 20
	maxRefcountOrder = 6
	maxSnapshots     = 65536
	qcow2HeaderV2    = 72
	qcow2HeaderV3    = 104
)

// Incompatible feature bits of qcow2 version 3.
const (
	featureDirty        = 1 << 0 // refcounts are stale; reading is safe
	featureCorrupt      = 1 << 1
	featureExternalData = 1 << 2
	featureCompression  = 1 << 3 // the compression type byte counts
	featureExtendedL2   = 1 << 4 // 16-byte L2 entries with subclusters
	knownFeatures       = featureDirty | featureCorrupt | featureExternalData | featureCompression | featureExtendedL2
)

// Types of header extensions that are read here.
const (
	extEnd           = 0
	extBackingFormat = 0xe2792aca
	extExternalData  = 0x44415441
	extEncryption    = 0x0537be77
)

// readQCOW2 reads the header of a qcow2 image and refuses what names another
// file, what no QEMU can open and what is made to exhaust it.
func readQCOW2(head []byte, info *Info) error {
	if len(head) < qcow2HeaderV2 {
		return refuse("the qcow2 header is truncated at %d bytes", len(head))
	}
	be := binary.BigEndian
	info.Version = int(be.Uint32(head[4:]))
	info.VirtualSize = int64(be.Uint64(head[24:]))
	if info.Version != 2 && info.Version != 3 {
		return refuse("qcow2 version %d is not known; use version 2 or 3", info.Version)
	}
	if be.Uint64(head[8:]) != 0 || be.Uint32(head[16:]) != 0 {
		return refuse("the qcow2 image names a backing file; flatten it with `qemu-img convert` before the upload")
	}
	clusterBits := be.Uint32(head[20:])
	if clusterBits < minClusterBits || clusterBits > maxClusterBits {
		return refuse("the qcow2 header has cluster_bits %d; it must be %d to %d", clusterBits, minClusterBits, maxClusterBits)
	}
	if m := be.Uint32(head[32:]); m != 0 {
		return refuse("the qcow2 image is encrypted (method %d); decrypt it before the upload", m)
	}
	l2Entry, extensions, err := readQCOW2Features(head, info.Version, clusterBits)
	if err != nil {
		return err
	}
	if err := checkQCOW2Tables(head, info, clusterBits, l2Entry); err != nil {
		return err
	}
	return checkQCOW2Extensions(head, extensions, 1<<clusterBits)
}

// readQCOW2Features checks the version 3 part of the header. It returns the
// size of an L2 entry and the offset of the header extensions.
func readQCOW2Features(head []byte, version int, clusterBits uint32) (l2Entry uint64, extensions int, err error) {
	if version == 2 {
		return 8, qcow2HeaderV2, nil
	}
	if len(head) < qcow2HeaderV3 {
		return 0, 0, refuse("the qcow2 header is truncated at %d bytes", len(head))
	}
	be := binary.BigEndian
	features := be.Uint64(head[72:])
	headerLength := be.Uint32(head[100:])
	switch {
	case features&featureExternalData != 0:
		return 0, 0, refuse("the qcow2 image keeps its data in an external file; flatten it with `qemu-img convert` before the upload")
	case features&featureCorrupt != 0:
		return 0, 0, refuse("the qcow2 image is marked as corrupt; repair it with `qemu-img check -r all` before the upload")
	case features&^knownFeatures != 0:
		return 0, 0, refuse("the qcow2 image has the unknown incompatible feature bit %d", bits.TrailingZeros64(features&^knownFeatures))
	case be.Uint32(head[96:]) > maxRefcountOrder:
		return 0, 0, refuse("the qcow2 header has refcount_order %d; the limit is %d", be.Uint32(head[96:]), maxRefcountOrder)
	case headerLength < qcow2HeaderV3 || headerLength%8 != 0 || headerLength > 1<<clusterBits || int(headerLength) > len(head):
		return 0, 0, refuse("the qcow2 header claims a length of %d bytes", headerLength)
	}
	compression := byte(0)
	if headerLength > qcow2HeaderV3 {
		compression = head[qcow2HeaderV3]
	}
	if compression > 1 || (compression != 0) != (features&featureCompression != 0) {
		return 0, 0, refuse("the qcow2 header has compression type %d, which does not fit its feature bits", compression)
	}
	l2Entry = 8
	if features&featureExtendedL2 != 0 {
		if clusterBits < 14 {
			return 0, 0, refuse("the qcow2 header has subclusters with cluster_bits %d; they need 14", clusterBits)
		}
		l2Entry = 16
	}
	return l2Entry, int(headerLength), nil
}

// checkQCOW2Tables holds the tables that the header names against the size of
// the disk and of the file.
func checkQCOW2Tables(head []byte, info *Info, clusterBits uint32, l2Entry uint64) error {
	be := binary.BigEndian
	cluster, size := uint64(1)<<clusterBits, uint64(info.Size)
	if uint64(info.VirtualSize) > maxVirtualSize {
		return refuse("the qcow2 header claims a disk of %d bytes; the limit is 1 PiB", uint64(info.VirtualSize))
	}
	perL1 := cluster * (cluster / l2Entry)
	l1Entries, l1 := uint64(be.Uint32(head[36:])), be.Uint64(head[40:])
	refClusters, ref := uint64(be.Uint32(head[56:])), be.Uint64(head[48:])
	snapshots, snap := be.Uint32(head[60:]), be.Uint64(head[64:])
	needed := (uint64(info.VirtualSize) + perL1 - 1) / perL1
	switch {
	case l1Entries*8 > maxL1Bytes:
		return refuse("the qcow2 L1 table has %d entries; the limit is %d", l1Entries, maxL1Bytes/8)
	case l1Entries < needed:
		return refuse("the qcow2 L1 table has %d entries; the disk size needs %d", l1Entries, needed)
	case l1%cluster != 0 || !within(l1, l1Entries*8, size) || l1Entries > 0 && l1 == 0:
		return refuse("the qcow2 L1 table is not within the file of %d bytes: it is truncated or damaged", size)
	case refClusters == 0 || refClusters*cluster > maxRefTableBytes:
		return refuse("the qcow2 refcount table has %d clusters; it must be 1 to %d", refClusters, maxRefTableBytes/cluster)
	case ref == 0 || ref%cluster != 0 || !within(ref, refClusters*cluster, size):
		return refuse("the qcow2 refcount table is not within the file of %d bytes: it is truncated or damaged", size)
	case snapshots > maxSnapshots:
		return refuse("the qcow2 header claims %d snapshots; the limit is %d", snapshots, maxSnapshots)
	case snapshots > 0 && (snap%8 != 0 || snap == 0 || !within(snap, 40, size)):
		return refuse("the qcow2 snapshot table is not within the file of %d bytes: it is truncated or damaged", size)
	}
	return nil
}

// within reports whether n bytes at off lie inside size bytes.
func within(off, n, size uint64) bool { return off <= size && n <= size-off }

// checkQCOW2Extensions walks the header extensions, which lie between the
// header and the end of the first cluster.
func checkQCOW2Extensions(head []byte, off, cluster int) error {
	end := min(len(head), cluster)
	for off+8 <= end {
		kind := binary.BigEndian.Uint32(head[off:])
		length := int64(binary.BigEndian.Uint32(head[off+4:]))
		switch kind {
		case extEnd:
			return nil
		case extExternalData:
			return refuse("the qcow2 image names an external data file; flatten it with `qemu-img convert` before the upload")
		case extEncryption:
			return refuse("the qcow2 image has an encryption header; decrypt it before the upload")
		case extBackingFormat:
			return refuse("the qcow2 image names the format of a backing file; flatten it with `qemu-img convert` before the upload")
		}
		if length > int64(end-off-8) {
			return refuse("the qcow2 header extension %#x runs over its end", kind)
		}
		off += 8 + (int(length)+7)&^7
	}
	if off < cluster && end < cluster {
		return refuse("the qcow2 header extensions do not end within %d bytes", end)
	}
	return nil
}

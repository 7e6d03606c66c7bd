package cloud

import "time"

// Flavor is a size that servers come in.
type Flavor struct {
	ID           string // flavorid of the API: any string an administrator chose, or a UUID
	Name         string // unique
	RAMMiB       int
	VCPUs        int
	DiskGiB      int // root disk; 0: as large as the image
	EphemeralGiB int
	SwapMiB      int
	RXTXFactor   float64 // shown, without effect; 1 is usual
	Disabled     bool    // not listed and not bootable
	Public       bool    // otherwise only for projects with access
	Description  *string // nil: none
	ExtraSpecs   map[string]string
	CreatedAt    time.Time
	UpdatedAt    time.Time // zero: never changed
}

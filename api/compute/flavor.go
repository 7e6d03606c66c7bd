package compute

import (
	"strconv"
	"strings"

	"github.com/novalet/novalet/api/wire"
)

// Flavor is a size that servers come in, as GET /flavors/{flavor_id} shows it.
// Sources: API reference "Flavors"; microversions 2.55 (description), 2.61
// (extra_specs), 2.75 (swap is always a number), 2.102 (two members dropped).
type Flavor struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	RAM        int           `json:"ram"`  // MiB
	Disk       int           `json:"disk"` // GiB of root disk
	SwapOrNone NumberOrEmpty `json:"-" v:"-2.74 swap"`
	Swap       int           `json:"-" v:"2.75 swap"` // MiB
	Ephemeral  int           `json:"OS-FLV-EXT-DATA:ephemeral"`
	Disabled   bool          `json:"OS-FLV-DISABLED:disabled" v:"-2.101"`
	VCPUs      int           `json:"vcpus"`
	Public     bool          `json:"os-flavor-access:is_public"`
	RXTXFactor float64       `json:"rxtx_factor" v:"-2.101"`
	Links      []wire.Link   `json:"links"`
	Note       *string       `json:"description" v:"2.55"`
	// ExtraSpecs is absent when the policy does not let the caller see it.
	ExtraSpecs wire.Opt[map[string]string] `json:"extra_specs" v:"2.61"`
}

// SwapMiB is the swap size at any version.
func (f *Flavor) SwapMiB() int { return max(f.Swap, int(f.SwapOrNone)) }

// SetSwap sets the swap size for any version.
func (f *Flavor) SetSwap(mib int) { f.Swap, f.SwapOrNone = mib, NumberOrEmpty(mib) }

// NumberOrEmpty is a number that is written as "" when it is zero, as Nova did
// with swap up to 2.74.
type NumberOrEmpty int

// MarshalJSON writes the number, or "" for zero.
func (n NumberOrEmpty) MarshalJSON() ([]byte, error) {
	if n == 0 {
		return []byte(`""`), nil
	}
	return strconv.AppendInt(nil, int64(n), 10), nil
}

// UnmarshalJSON reads a number, or "" as zero.
func (n *NumberOrEmpty) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "" || text == "null" {
		*n = 0
		return nil
	}
	i, err := strconv.Atoi(text)
	*n = NumberOrEmpty(i)
	return err
}

// JSONSchema describes the two forms.
func (NumberOrEmpty) JSONSchema() wire.Schema {
	return wire.Schema{"anyOf": []wire.Schema{{"type": "integer"}, {"const": ""}}}
}

// FlavorBrief is a flavor in GET /flavors.
type FlavorBrief struct {
	ID    string      `json:"id"`
	Name  string      `json:"name"`
	Links []wire.Link `json:"links"`
	Note  *string     `json:"description" v:"2.55"`
}

// FlavorQuery is what GET /flavors and /flavors/detail take.
type FlavorQuery struct {
	Limit    wire.Opt[int]    `query:"limit" is:"min=0"`
	Marker   wire.Opt[string] `query:"marker"`
	SortKey  wire.Opt[string] `query:"sort_key"`
	SortDir  wire.Opt[string] `query:"sort_dir"`
	MinRAM   wire.Opt[string] `query:"minRam"`    // MiB; a string because Nova names the field in its own way when it is no number
	MinDisk  wire.Opt[string] `query:"minDisk"`   // GiB
	IsPublic wire.Opt[string] `query:"is_public"` // true, false or none; for administrators
	Name     wire.Opt[string] `query:"name" v:"2.102"`
}

// FlavorBriefs is the reply of GET /flavors.
type FlavorBriefs struct {
	Flavors []FlavorBrief `json:"flavors"`
	Links   []wire.Link   `json:"flavors_links,omitempty"`
}

// Flavors is the reply of GET /flavors/detail.
type Flavors struct {
	Flavors []Flavor    `json:"flavors"`
	Links   []wire.Link `json:"flavors_links,omitempty"`
}

// FlavorID names one flavor.
type FlavorID struct {
	ID string `path:"flavor_id"`
}

// FlavorShown is the reply that holds one flavor.
type FlavorShown struct {
	Flavor Flavor `json:"flavor"`
}

// FlavorCreate is the body of POST /flavors.
type FlavorCreate struct {
	Flavor NewFlavor `json:"flavor" is:"required"`
}

// NewFlavor is a flavor to be made. Absent id, or "auto": the server makes a
// UUID.
type NewFlavor struct {
	Name       string            `json:"name" is:"required,min=1,max=255,name"`
	ID         wire.Opt[string]  `json:"id" is:"loose,null,min=1,max=255,flavorid"`
	RAM        int               `json:"ram" is:"required,loose,min=1,max=2147483647"`
	VCPUs      int               `json:"vcpus" is:"required,loose,min=1,max=2147483647"`
	Disk       int               `json:"disk" is:"required,loose,min=0,max=2147483647"`
	Ephemeral  int               `json:"OS-FLV-EXT-DATA:ephemeral,omitzero" is:"loose,min=0,max=2147483647"`
	Swap       int               `json:"swap,omitzero" is:"loose,min=0,max=2147483647"`
	RXTXFactor wire.Opt[float64] `json:"rxtx_factor" is:"loose,min=0" v:"-2.101"`
	Public     wire.Opt[bool]    `json:"os-flavor-access:is_public" is:"loose"`
	Note       wire.Opt[string]  `json:"description" is:"null,max=65535" v:"2.55"`
}

// FlavorUpdate is the body of PUT /flavors/{flavor_id}.
type FlavorUpdate struct {
	ID     string     `path:"flavor_id"`
	Flavor FlavorNote `json:"flavor" is:"required"`
}

// FlavorNote is the one thing of a flavor that can change.
type FlavorNote struct {
	Note *string `json:"description" is:"required,max=65535"`
}

// ExtraSpecs is a flavor's extra specs, as a request or a reply.
type ExtraSpecs struct {
	ExtraSpecs map[string]string `json:"extra_specs"`
}

// ExtraSpecsCreate is the body of POST /flavors/{flavor_id}/os-extra_specs.
type ExtraSpecsCreate struct {
	ID         string            `path:"flavor_id"`
	ExtraSpecs map[string]string `json:"extra_specs" is:"required,loose,keymax=255,valmax=255,keys=metakey"`
}

// ExtraSpecKey names one extra spec.
type ExtraSpecKey struct {
	ID  string `path:"flavor_id"`
	Key string `path:"key"`
}

// ExtraSpec is one extra spec, an object with its key as the only member.
type ExtraSpec struct {
	Spec map[string]string `body:"json"`
}

// ExtraSpecUpdate is PUT /flavors/{flavor_id}/os-extra_specs/{key}.
type ExtraSpecUpdate struct {
	ID   string            `path:"flavor_id"`
	Key  string            `path:"key"`
	Spec map[string]string `body:"json" is:"loose,min=1,max=1,keymax=255,valmax=255,keys=metakey"`
}

// FlavorAccess is one grant of a flavor to a project.
type FlavorAccess struct {
	FlavorID string `json:"flavor_id"`
	Project  string `json:"tenant_id"`
}

// FlavorAccessList is the reply of GET /flavors/{flavor_id}/os-flavor-access
// and of the two actions that change it.
type FlavorAccessList struct {
	Access []FlavorAccess `json:"flavor_access"`
}

// FlavorAccessChange is the body of addTenantAccess and removeTenantAccess.
type FlavorAccessChange struct {
	ID      string `path:"flavor_id"`
	Project string `json:"tenant" is:"required,min=1,max=255"`
}

// FlavorExtraSpecsRule decides who sees extra specs in flavor replies.
var FlavorExtraSpecsRule = rule("os-flavor-extra-specs:index", projectReader)

// The routes of flavors.
var (
	ListFlavors = wire.Route[FlavorQuery, FlavorBriefs]{
		Name: "flavors.list", Method: "GET", Path: "/flavors", Status: "200", LooseQuery: "2.74",
	}
	ListFlavorsDetail = wire.Route[FlavorQuery, Flavors]{
		Name: "flavors.detail", Method: "GET", Path: "/flavors/detail", Status: "200", LooseQuery: "2.74",
	}
	ShowFlavor = wire.Route[FlavorID, FlavorShown]{
		Name: "flavors.show", Method: "GET", Path: "/flavors/{flavor_id}", Status: "200", LooseQuery: looseUntil,
	}
	CreateFlavor = wire.Route[FlavorCreate, FlavorShown]{
		Name: "flavors.create", Method: "POST", Path: "/flavors", Status: "200",
		Policy: rule("os-flavor-manage:create", admin), LooseQuery: "always",
	}
	UpdateFlavor = wire.Route[FlavorUpdate, FlavorShown]{
		Name: "flavors.update", Method: "PUT", Path: "/flavors/{flavor_id}", Status: "200", Span: "2.55",
		Policy: rule("os-flavor-manage:update", admin), LooseQuery: "always",
	}
	DeleteFlavor = wire.Route[FlavorID, wire.None]{
		Name: "flavors.delete", Method: "DELETE", Path: "/flavors/{flavor_id}", Status: "202",
		Policy: rule("os-flavor-manage:delete", admin), LooseQuery: "always",
	}
	ListExtraSpecs = wire.Route[FlavorID, ExtraSpecs]{
		Name: "flavors.extra_specs.list", Method: "GET", Path: "/flavors/{flavor_id}/os-extra_specs", Status: "200",
		Policy: FlavorExtraSpecsRule, LooseQuery: looseUntil,
	}
	CreateExtraSpecs = wire.Route[ExtraSpecsCreate, ExtraSpecs]{
		Name: "flavors.extra_specs.create", Method: "POST", Path: "/flavors/{flavor_id}/os-extra_specs", Status: "200",
		Policy: rule("os-flavor-extra-specs:create", admin), LooseQuery: "always",
	}
	ShowExtraSpec = wire.Route[ExtraSpecKey, ExtraSpec]{
		Name: "flavors.extra_specs.show", Method: "GET", Path: "/flavors/{flavor_id}/os-extra_specs/{key}", Status: "200",
		Policy: rule("os-flavor-extra-specs:show", projectReader), LooseQuery: looseUntil,
	}
	UpdateExtraSpec = wire.Route[ExtraSpecUpdate, ExtraSpec]{
		Name: "flavors.extra_specs.update", Method: "PUT", Path: "/flavors/{flavor_id}/os-extra_specs/{key}", Status: "200",
		Policy: rule("os-flavor-extra-specs:update", admin), LooseQuery: "always",
	}
	DeleteExtraSpec = wire.Route[ExtraSpecKey, wire.None]{
		Name: "flavors.extra_specs.delete", Method: "DELETE", Path: "/flavors/{flavor_id}/os-extra_specs/{key}", Status: "200",
		Policy: rule("os-flavor-extra-specs:delete", admin), LooseQuery: "always",
	}
	ListFlavorAccess = wire.Route[FlavorID, FlavorAccessList]{
		Name: "flavors.access.list", Method: "GET", Path: "/flavors/{flavor_id}/os-flavor-access", Status: "200",
		Policy: rule("os-flavor-access", admin), LooseQuery: looseUntil,
	}
	AddFlavorAccess = wire.Route[FlavorAccessChange, FlavorAccessList]{
		Name: "flavors.access.add", Method: "POST", Path: "/flavors/{flavor_id}/action", Action: "addTenantAccess", Status: "200",
		Policy: rule("os-flavor-access:add_tenant_access", admin), LooseQuery: "always",
	}
	RemoveFlavorAccess = wire.Route[FlavorAccessChange, FlavorAccessList]{
		Name: "flavors.access.remove", Method: "POST", Path: "/flavors/{flavor_id}/action", Action: "removeTenantAccess", Status: "200",
		Policy: rule("os-flavor-access:remove_tenant_access", admin), LooseQuery: "always",
	}
)

func flavorRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListFlavors, ListFlavorsDetail, ShowFlavor, CreateFlavor, UpdateFlavor, DeleteFlavor,
		ListExtraSpecs, CreateExtraSpecs, ShowExtraSpec, UpdateExtraSpec, DeleteExtraSpec,
		ListFlavorAccess, AddFlavorAccess, RemoveFlavorAccess,
	}
}

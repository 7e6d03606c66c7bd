package compute

import "github.com/novalet/novalet/api/wire"

// Aggregate is a group of hosts with metadata that the scheduler reads.
// Sources: API reference "Host aggregates"; microversion 2.41 (uuid).
type Aggregate struct {
	ID        int64             `json:"id"`
	UUID      string            `json:"uuid" v:"2.41"`
	Name      string            `json:"name"`
	Hosts     []string          `json:"hosts"`
	Metadata  map[string]string `json:"metadata"`
	CreatedAt wire.MicroTime    `json:"created_at"`
	UpdatedAt wire.MicroTime    `json:"updated_at"`
	DeletedAt wire.MicroTime    `json:"deleted_at"`
	Deleted   bool              `json:"deleted"`
	Zone      *string           `json:"availability_zone"` // also in the metadata
}

// AggregateMade is an aggregate in the reply to its creation, which has neither
// hosts nor metadata.
type AggregateMade struct {
	ID        int64          `json:"id"`
	UUID      string         `json:"uuid" v:"2.41"`
	Name      string         `json:"name"`
	CreatedAt wire.MicroTime `json:"created_at"`
	UpdatedAt wire.MicroTime `json:"updated_at"`
	DeletedAt wire.MicroTime `json:"deleted_at"`
	Deleted   bool           `json:"deleted"`
	Zone      *string        `json:"availability_zone"`
}

// Aggregates is the reply of GET /os-aggregates.
type Aggregates struct {
	Aggregates []Aggregate `json:"aggregates"`
}

// AggregateShown is the reply that holds one aggregate.
type AggregateShown struct {
	Aggregate Aggregate `json:"aggregate"`
}

// AggregateCreated is the reply of POST /os-aggregates.
type AggregateCreated struct {
	Aggregate AggregateMade `json:"aggregate"`
}

// AggregateID names one aggregate, by number.
type AggregateID struct {
	ID string `path:"aggregate_id"`
}

// AggregateCreate is the body of POST /os-aggregates.
type AggregateCreate struct {
	Aggregate NewAggregate `json:"aggregate" is:"required"`
}

// NewAggregate is an aggregate to be made.
type NewAggregate struct {
	Name string           `json:"name" is:"required,min=1,max=255,name"`
	Zone wire.Opt[string] `json:"availability_zone" is:"null,min=1,max=255,zone"`
}

// AggregateUpdate is the body of PUT /os-aggregates/{aggregate_id}.
type AggregateUpdate struct {
	ID        string           `path:"aggregate_id"`
	Aggregate AggregateChanges `json:"aggregate" is:"required"`
}

// AggregateChanges are what of an aggregate can change; at least one must be
// there. White space around the name is cut off.
type AggregateChanges struct {
	Name wire.Opt[string] `json:"name" is:"min=1,max=255,spacedname"`
	Zone wire.Opt[string] `json:"availability_zone" is:"null,min=1,max=255,zone"`
}

// AggregateHost is the body of add_host and remove_host.
type AggregateHost struct {
	ID   string `path:"aggregate_id"`
	Host string `json:"host" is:"required,min=1,max=255,host"`
}

// AggregateMetadata is the body of set_metadata: keys to set, and those with
// null to remove. Other keys stay.
type AggregateMetadata struct {
	ID       string             `path:"aggregate_id"`
	Metadata map[string]*string `json:"metadata" is:"required,keymax=255,valmax=255,keys=metakey"`
}

// AggregateImages is the body of POST /os-aggregates/{aggregate_id}/images: what
// the hosts should fetch before servers need it.
type AggregateImages struct {
	ID    string       `path:"aggregate_id"`
	Cache []CacheImage `json:"cache" is:"required,min=1"`
}

// CacheImage names one image.
type CacheImage struct {
	ID string `json:"id" is:"required,uuid"`
}

// aggregateAction is an action on an aggregate; they differ by key, body and rule.
func aggregateAction[In any](key string) wire.Route[In, AggregateShown] {
	return wire.Route[In, AggregateShown]{
		Name: "aggregates." + key, Method: "POST", Path: "/os-aggregates/{aggregate_id}/action", Action: key, Status: "200",
		Policy: rule("os-aggregates:"+key, admin), LooseQuery: "always",
	}
}

// The routes of aggregates.
var (
	ListAggregates = wire.Route[wire.None, Aggregates]{
		Name: "aggregates.list", Method: "GET", Path: "/os-aggregates", Status: "200",
		Policy: rule("os-aggregates:index", admin), LooseQuery: looseUntil,
	}
	CreateAggregate = wire.Route[AggregateCreate, AggregateCreated]{
		Name: "aggregates.create", Method: "POST", Path: "/os-aggregates", Status: "200",
		Policy: rule("os-aggregates:create", admin), LooseQuery: "always",
	}
	ShowAggregate = wire.Route[AggregateID, AggregateShown]{
		Name: "aggregates.show", Method: "GET", Path: "/os-aggregates/{aggregate_id}", Status: "200",
		Policy: rule("os-aggregates:show", admin), LooseQuery: looseUntil,
	}
	UpdateAggregate = wire.Route[AggregateUpdate, AggregateShown]{
		Name: "aggregates.update", Method: "PUT", Path: "/os-aggregates/{aggregate_id}", Status: "200",
		Policy: rule("os-aggregates:update", admin), LooseQuery: "always",
	}
	DeleteAggregate = wire.Route[AggregateID, wire.None]{
		Name: "aggregates.delete", Method: "DELETE", Path: "/os-aggregates/{aggregate_id}", Status: "200",
		Policy: rule("os-aggregates:delete", admin), LooseQuery: "always",
	}
	AddAggregateHost     = aggregateAction[AggregateHost]("add_host")
	RemoveAggregateHost  = aggregateAction[AggregateHost]("remove_host")
	SetAggregateMetadata = aggregateAction[AggregateMetadata]("set_metadata")
	CacheAggregateImages = wire.Route[AggregateImages, wire.None]{
		Name: "aggregates.images", Method: "POST", Path: "/os-aggregates/{aggregate_id}/images", Status: "202", Span: "2.81",
		Policy: wire.Rule{Name: "compute:aggregates:images", Default: admin}, LooseQuery: "always",
	}
)

func aggregateRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListAggregates, CreateAggregate, ShowAggregate, UpdateAggregate, DeleteAggregate,
		AddAggregateHost, RemoveAggregateHost, SetAggregateMetadata, CacheAggregateImages,
	}
}

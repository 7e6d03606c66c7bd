package compute

import "github.com/novalet/novalet/api/wire"

// BareMetalNode is a machine of the bare metal service. Source: API reference
// "Bare metal nodes", which ended with 2.35.
type BareMetalNode struct {
	ID         string            `json:"id"`
	Interfaces []BareMetalPort   `json:"interfaces"` // filled in when one node is shown
	Host       string            `json:"host"`       // the words IRONIC MANAGED
	TaskState  *string           `json:"task_state"`
	CPUs       int               `json:"cpus" is:"loose"`
	MemoryMiB  int               `json:"memory_mb" is:"loose"`
	DiskGiB    int               `json:"disk_gb" is:"loose"`
	ServerID   wire.Opt[*string] `json:"instance_uuid"` // when one node is shown
}

// BareMetalPort is a network card of a node.
type BareMetalPort struct {
	Addr string `json:"address"`
}

// BareMetalNodes is the reply of the list.
type BareMetalNodes struct {
	Nodes []BareMetalNode `json:"nodes"`
}

// BareMetalNodeShown is the reply that holds one.
type BareMetalNodeShown struct {
	Node BareMetalNode `json:"node"`
}

// BareMetalNodeID names one node.
type BareMetalNodeID struct {
	ID string `path:"node_id"`
}

// The routes of the bare metal proxy. Those that change something have refused
// every request with 400 since the proxy has become one.
var (
	ListBareMetalNodes = wire.Route[wire.None, BareMetalNodes]{
		Name: "baremetal.list", Method: "GET", Path: "/os-baremetal-nodes", Status: "200", Span: "-2.35",
		Policy: rule("os-baremetal-nodes:list", admin), LooseQuery: "always",
	}
	CreateBareMetalNode = wire.Route[wire.None, wire.None]{
		Name: "baremetal.create", Method: "POST", Path: "/os-baremetal-nodes", Status: "200", Span: "-2.35", LooseQuery: "always",
	}
	ShowBareMetalNode = wire.Route[BareMetalNodeID, BareMetalNodeShown]{
		Name: "baremetal.show", Method: "GET", Path: "/os-baremetal-nodes/{node_id}", Status: "200", Span: "-2.35",
		Policy: rule("os-baremetal-nodes:show", admin), LooseQuery: "always",
	}
	DeleteBareMetalNode = wire.Route[BareMetalNodeID, wire.None]{
		Name: "baremetal.delete", Method: "DELETE", Path: "/os-baremetal-nodes/{node_id}", Status: "200", Span: "-2.35", LooseQuery: "always",
	}
	AddBareMetalInterface = wire.Route[BareMetalNodeID, wire.None]{
		Name: "baremetal.add_interface", Method: "POST", Path: "/os-baremetal-nodes/{node_id}/action", Action: "add_interface",
		Status: "200", Span: "-2.35", LooseQuery: "always",
	}
	RemoveBareMetalInterface = wire.Route[BareMetalNodeID, wire.None]{
		Name: "baremetal.remove_interface", Method: "POST", Path: "/os-baremetal-nodes/{node_id}/action", Action: "remove_interface",
		Status: "200", Span: "-2.35", LooseQuery: "always",
	}
)

func baremetalRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListBareMetalNodes, CreateBareMetalNode, ShowBareMetalNode, DeleteBareMetalNode, AddBareMetalInterface, RemoveBareMetalInterface,
	}
}

package compute

import "github.com/novalet/novalet/api/wire"

// SecurityGroup is a security group with its rules, as the Compute API shows
// those of the network service.
type SecurityGroup struct {
	ID          string              `json:"id"`
	Description string              `json:"description"`
	Name        string              `json:"name"`
	Project     string              `json:"tenant_id"`
	Rules       []SecurityGroupRule `json:"rules"`
}

// SecurityGroupRule lets traffic in, from a group or from a range of addresses.
type SecurityGroupRule struct {
	ID       string              `json:"id"`
	ParentID string              `json:"parent_group_id"`
	Protocol *string             `json:"ip_protocol"`
	FromPort *int                `json:"from_port"`
	ToPort   *int                `json:"to_port"`
	Group    SecurityGroupSource `json:"group"`
	Range    SecurityGroupRange  `json:"ip_range"`
}

// SecurityGroupSource is the group that a rule lets in; empty for one that
// lets in a range.
type SecurityGroupSource struct {
	Name    string `json:"name,omitempty"`
	Project string `json:"tenant_id,omitempty"`
}

// SecurityGroupRange is the range that a rule lets in; empty for one that lets
// in a group.
type SecurityGroupRange struct {
	CIDR string `json:"cidr,omitempty"`
}

// SecurityGroups is a list of security groups.
type SecurityGroups struct {
	Groups []SecurityGroup `json:"security_groups"`
}

// SecurityGroupOfServer is the body of addSecurityGroup and removeSecurityGroup.
type SecurityGroupOfServer struct {
	ID   string `path:"server_id"`
	Name string `json:"name" is:"required,min=1"` // name or id
}

// The routes of a server's security groups.
var (
	AddSecurityGroup         = serverAction[SecurityGroupOfServer, wire.None]("addSecurityGroup", "add_security_group", "os-security-groups:add", projectMember)
	RemoveSecurityGroup      = serverAction[SecurityGroupOfServer, wire.None]("removeSecurityGroup", "remove_security_group", "os-security-groups:remove", projectMember)
	ListServerSecurityGroups = wire.Route[ServerID, SecurityGroups]{
		Name: "servers.security_groups.list", Method: "GET", Path: "/servers/{server_id}/os-security-groups", Status: "200",
		Policy: rule("os-security-groups:list", projectReader), LooseQuery: looseUntil,
	}
)

func securityGroupRoutes() []wire.Endpoint {
	return []wire.Endpoint{AddSecurityGroup, RemoveSecurityGroup, ListServerSecurityGroups}
}

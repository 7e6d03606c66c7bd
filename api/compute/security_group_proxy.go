package compute

import "github.com/novalet/novalet/api/wire"

// SecurityGroupShown is the reply that holds one.
type SecurityGroupShown struct {
	Group SecurityGroup `json:"security_group"`
}

// SecurityGroupQuery is what GET /os-security-groups takes.
type SecurityGroupQuery struct {
	Limit      wire.Opt[int]    `query:"limit" is:"min=0"`
	Offset     wire.Opt[int]    `query:"offset" is:"min=0"`
	AllTenants wire.Opt[string] `query:"all_tenants"`
}

// SecurityGroupID names one security group.
type SecurityGroupID struct {
	ID string `path:"security_group_id"`
}

// SecurityGroupCreate is the body of POST /os-security-groups.
type SecurityGroupCreate struct {
	Group SecurityGroupText `json:"security_group" is:"required"`
}

// SecurityGroupUpdate is the body of PUT /os-security-groups/{security_group_id}.
type SecurityGroupUpdate struct {
	ID    string            `path:"security_group_id"`
	Group SecurityGroupText `json:"security_group" is:"required"`
}

// SecurityGroupText is what a caller says of a security group.
type SecurityGroupText struct {
	Name        string           `json:"name" is:"required,min=1,max=255"`
	Description wire.Opt[string] `json:"description" is:"null,max=255"`
}

// SecurityGroupRuleCreate is the body of POST /os-security-group-rules.
type SecurityGroupRuleCreate struct {
	Rule SecurityGroupRuleNew `json:"security_group_rule" is:"required"`
}

// SecurityGroupRuleNew is a rule to be made; with a group, the range is not
// looked at.
type SecurityGroupRuleNew struct {
	ParentID string           `json:"parent_group_id" is:"required"`
	Protocol wire.Opt[string] `json:"ip_protocol" is:"null,loose"`
	FromPort wire.Opt[int]    `json:"from_port" is:"null,loose"`
	ToPort   wire.Opt[int]    `json:"to_port" is:"null,loose"`
	CIDR     wire.Opt[string] `json:"cidr" is:"null"`
	GroupID  wire.Opt[string] `json:"group_id" is:"null"`
}

// SecurityGroupRuleShown is the reply of POST /os-security-group-rules.
type SecurityGroupRuleShown struct {
	Rule SecurityGroupRule `json:"security_group_rule"`
}

// SecurityGroupRuleID names one rule.
type SecurityGroupRuleID struct {
	ID string `path:"rule_id"`
}

// The routes of the security group proxy.
var (
	ListSecurityGroups  = securityGroupProxy[SecurityGroupQuery, SecurityGroups]("list", "GET", "/os-security-groups", "200", "get", projectReader)
	CreateSecurityGroup = securityGroupProxy[SecurityGroupCreate, SecurityGroupShown]("create", "POST", "/os-security-groups", "200", "create", projectMember)
	ShowSecurityGroup   = securityGroupProxy[SecurityGroupID, SecurityGroupShown]("show", "GET", "/os-security-groups/{security_group_id}", "200", "show", projectReader)
	UpdateSecurityGroup = securityGroupProxy[SecurityGroupUpdate, SecurityGroupShown]("update", "PUT", "/os-security-groups/{security_group_id}", "200", "update", projectMember)
	DeleteSecurityGroup = securityGroupProxy[SecurityGroupID, wire.None]("delete", "DELETE", "/os-security-groups/{security_group_id}", "202", "delete", projectMember)

	CreateSecurityGroupRule = securityGroupProxy[SecurityGroupRuleCreate, SecurityGroupRuleShown]("rules.create", "POST", "/os-security-group-rules", "200", "rule:create", projectMember)
	DeleteSecurityGroupRule = securityGroupProxy[SecurityGroupRuleID, wire.None]("rules.delete", "DELETE", "/os-security-group-rules/{rule_id}", "202", "rule:delete", projectMember)
)

// securityGroupProxy is a route to the network service; all of them ended with 2.35.
func securityGroupProxy[In, Out any](name, method, path string, status wire.Status, policy, check string) wire.Route[In, Out] {
	return wire.Route[In, Out]{
		Name: "security_groups." + name, Method: method, Path: path, Status: status, Span: "-2.35",
		Policy: rule("os-security-groups:"+policy, check), LooseQuery: "always",
	}
}

func securityGroupProxyRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListSecurityGroups, CreateSecurityGroup, ShowSecurityGroup, UpdateSecurityGroup, DeleteSecurityGroup,
		CreateSecurityGroupRule, DeleteSecurityGroupRule,
	}
}

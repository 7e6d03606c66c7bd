package compute

import "github.com/novalet/novalet/api/wire"

// UsageAudit says how far the hosts are with their audit of usage in the last
// period that is over. Source: API reference "Server usage audit log".
type UsageAudit struct {
	Begins         string                    `json:"period_beginning"` // 2012-06-01 00:00:00
	Ends           string                    `json:"period_ending"`
	Hosts          int                       `json:"num_hosts"`
	HostsDone      int                       `json:"num_hosts_done"`
	HostsRunning   int                       `json:"num_hosts_running"`
	HostsMissing   int                       `json:"num_hosts_not_run"`
	MissingHosts   []string                  `json:"hosts_not_run"`
	TotalInstances int                       `json:"total_instances"`
	TotalErrors    int                       `json:"total_errors"`
	Status         string                    `json:"overall_status"`
	Log            map[string]UsageAuditHost `json:"log"` // by host
}

// UsageAuditHost is the audit of one host.
type UsageAuditHost struct {
	State     string  `json:"state"` // RUNNING or DONE
	Instances int     `json:"instances"`
	Errors    int     `json:"errors"`
	Message   *string `json:"message"`
}

// UsageAuditNow is the reply of GET /os-instance_usage_audit_log.
type UsageAuditNow struct {
	Audit UsageAudit `json:"instance_usage_audit_logs"`
}

// UsageAuditBefore asks for the last period that was over at a time.
type UsageAuditBefore struct {
	Time string `path:"before_timestamp"` // 2012-07-05 10:00:00, or with a fraction
}

// UsageAuditShown is the reply of GET /os-instance_usage_audit_log/{before_timestamp}.
type UsageAuditShown struct {
	Audit UsageAudit `json:"instance_usage_audit_log"`
}

// The routes of usage audits.
var (
	ListUsageAudit = wire.Route[wire.None, UsageAuditNow]{
		Name: "usage_audits.list", Method: "GET", Path: "/os-instance_usage_audit_log", Status: "200",
		Policy: rule("os-instance-usage-audit-log:list", admin), LooseQuery: looseUntil,
	}
	ShowUsageAudit = wire.Route[UsageAuditBefore, UsageAuditShown]{
		Name: "usage_audits.show", Method: "GET", Path: "/os-instance_usage_audit_log/{before_timestamp}", Status: "200",
		Policy: rule("os-instance-usage-audit-log:show", admin), LooseQuery: looseUntil,
	}
)

func auditLogRoutes() []wire.Endpoint { return []wire.Endpoint{ListUsageAudit, ShowUsageAudit} }

package nova

import (
	"context"
	"fmt"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func usageCommands() []command {
	start := arg.Arg{Flags: "--start", Metavar: "<start>", Help: "First day, as 2012-01-20; four weeks ago if not given."}
	end := arg.Arg{Flags: "--end", Metavar: "<end>", Help: "Day to stop at, as 2012-01-20; tomorrow if not given."}
	return []command{
		{Name: "usage-list", Summary: "List what all projects used.", Run: usageList, Args: []arg.Arg{start, end}},
		{
			Name: "usage", Summary: "Show what a project used.", Run: usage,
			Args: []arg.Arg{start, end, {Flags: "--tenant", Metavar: "<tenant-id>", Help: "ID of the project; the caller's if not given."}},
		},
		{
			Name: "instance-usage-audit-log", Summary: "Show how far the hosts are with their audit of usage.", Run: usageAudit,
			Args: []arg.Arg{{Flags: "--before", Metavar: "<before>", Help: "The last period that was over at this time, as '2015-08-27 09:49:58' or with a fraction."}},
		},
	}
}

const day = "2006-01-02"

// period is the time that a command asks about, in UTC.
func period(e *verb.Env) (start, end time.Time, err error) {
	now := time.Now().UTC()
	if e.Clock.Now != nil {
		now = e.Clock.Now().UTC()
	}
	if start, err = dayOr(e, "start", now.AddDate(0, 0, -28)); err != nil {
		return start, end, err
	}
	end, err = dayOr(e, "end", now.AddDate(0, 0, 1))
	return start, end, err
}

func dayOr(e *verb.Env, dest string, other time.Time) (time.Time, error) {
	text := e.Args.String(dest)
	if text == "" {
		return other, nil
	}
	t, err := time.Parse("2006-1-2", text)
	if err != nil {
		return t, &client.Failure{Class: "ValueError", Message: "--" + dest + " '" + text + "' is not a day such as 2012-01-20."}
	}
	return t, nil
}

// usageColumns are what a table shows of a usage.
var usageColumns = []verb.Column{
	{Name: "Servers", Value: func(o out.Object) any {
		servers, _ := verb.Member(o, "server_usages").([]any)
		return fmt.Sprint(len(servers))
	}},
	{Name: "RAM MiB-Hours", Value: hours("total_memory_mb_usage")},
	{Name: "CPU Hours", Value: hours("total_vcpus_usage")},
	{Name: "Disk GiB-Hours", Value: hours("total_local_gb_usage")},
}

// sums are the members of a usage that add up.
var sums = []string{"total_hours", "total_memory_mb_usage", "total_vcpus_usage", "total_local_gb_usage"}

func hours(key string) func(out.Object) any {
	return func(o out.Object) any { return fmt.Sprintf("%.2f", number(o, key)) }
}

func number(o out.Object, key string) float64 {
	switch value := verb.Member(o, key).(type) {
	case int:
		return float64(value)
	case float64:
		return value
	}
	return 0
}

// addUsage adds a page's part of what a project used.
func addUsage(sum *out.Object, part out.Object) {
	if *sum == nil {
		*sum = part
		return
	}
	for _, key := range sums {
		verb.Set(sum, key, number(*sum, key)+number(part, key))
	}
	servers, _ := verb.Member(*sum, "server_usages").([]any)
	more, _ := verb.Member(part, "server_usages").([]any)
	verb.Set(sum, "server_usages", append(servers[:len(servers):len(servers)], more...))
}

// lastServer is where the next page begins: behind the last server of the last usage of this one. Empty is the end.
func lastServer(page []out.Object, links []out.Object) string {
	more := false
	for _, link := range links {
		more = more || verb.Text(link, "rel") == "next"
	}
	if !more || len(page) == 0 {
		return ""
	}
	servers := verb.Objects(page[len(page)-1], "server_usages")
	if len(servers) == 0 {
		return ""
	}
	return verb.Text(servers[len(servers)-1], "instance_id")
}

// sayPeriod prints the period above a table.
func sayPeriod(e *verb.Env, start, end time.Time) error {
	return e.Remark("Usage from %s to %s:", start.Format(day), end.Format(day))
}

func usageList(ctx context.Context, e *verb.Env) error {
	start, end, err := period(e)
	if err != nil {
		return err
	}
	query := compute.UsageQuery{Start: wire.Some(client.UsageTime(start)), End: wire.Some(client.UsageTime(end)), Detailed: wire.Some("1")}
	var order []string
	projects := map[string]*out.Object{}
	for {
		reply, err := verb.Ask(ctx, e.Compute(), compute.ListUsages, query)
		if err != nil {
			return err
		}
		page := verb.Objects(reply, "tenant_usages")
		for _, usage := range page {
			id := verb.Text(usage, "tenant_id")
			if projects[id] == nil {
				projects[id] = new(out.Object)
				order = append(order, id)
			}
			addUsage(projects[id], usage)
		}
		marker := lastServer(page, verb.Objects(reply, "tenant_usages_links"))
		if marker == "" || marker == query.Marker.V || !e.Since(40) {
			break
		}
		query.Marker = wire.Some(marker)
	}
	if err := sayPeriod(e, start, end); err != nil {
		return err
	}
	list := make([]out.Object, len(order))
	for i, id := range order {
		list[i] = *projects[id]
	}
	return e.List(append([]verb.Column{{Name: "Tenant ID"}}, usageColumns...), list, "")
}

func usage(ctx context.Context, e *verb.Env) error {
	start, end, err := period(e)
	if err != nil {
		return err
	}
	project, err := projectOf(ctx, e)
	if err != nil {
		return err
	}
	in := compute.UsageOf{Project: project, Start: wire.Some(client.UsageTime(start)), End: wire.Some(client.UsageTime(end))}
	var sum out.Object
	for {
		reply, err := verb.Ask(ctx, e.Compute(), compute.ShowUsage, in)
		if err != nil {
			return err
		}
		part, _ := verb.Member(reply, "tenant_usage").(out.Object)
		if len(part) > 0 {
			addUsage(&sum, part)
		}
		marker := lastServer([]out.Object{part}, verb.Objects(reply, "tenant_usage_links"))
		if marker == "" || marker == in.Marker.V || !e.Since(40) {
			break
		}
		in.Marker = wire.Some(marker)
	}
	if err := sayPeriod(e, start, end); err != nil {
		return err
	}
	if number(sum, "total_vcpus_usage") == 0 && (e.Print.Format == out.FormatTable || e.Print.Format == "") {
		return e.Say("None")
	}
	var list []out.Object
	if sum != nil {
		list = []out.Object{sum}
	}
	return e.List(usageColumns, list, "")
}

func usageAudit(ctx context.Context, e *verb.Env) error {
	var audit out.Object
	var err error
	if before := e.Args.String("before"); before != "" {
		audit, err = verb.AskFor(ctx, e.Compute(), compute.ShowUsageAudit, compute.UsageAuditBefore{Time: before}, "instance_usage_audit_log")
	} else {
		audit, err = verb.AskFor(ctx, e.Compute(), compute.ListUsageAudit, wire.None{}, "instance_usage_audit_logs")
	}
	if err != nil {
		return err
	}
	if hosts, ok := audit.Get("hosts_not_run"); ok {
		verb.Set(&audit, "hosts_not_run", out.Cell{Text: out.Pretty(hosts), Value: hosts})
	}
	return e.Print.Show(audit, 0)
}

package nova

import (
	"context"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func quotaCommands() []command {
	tenant := arg.Arg{Flags: "--tenant", Metavar: "<tenant-id>", Help: "ID of the project; the caller's if not given."}
	user := arg.Arg{Flags: "--user", Metavar: "<user-id>", Help: "ID of the user, for that user's share in the project."}
	required := tenant
	required.Required, required.Help = true, "ID of the project."
	update := []arg.Arg{{Dest: "tenant", Metavar: "<tenant-id>", Help: "ID of the project."}, user}
	force := arg.Arg{Flags: "--force", Action: arg.StoreTrue, Default: arg.None, Help: "Even if more than that is in use."}
	return []command{
		{
			Name: "limits", Summary: "Show what the project may have and has in use.", Run: limits,
			Args: []arg.Arg{
				{Flags: "--tenant", Metavar: "<tenant>", Nargs: "?", Help: "ID of another project (for administrators)."},
				{Flags: "--reserved", Action: arg.StoreTrue, Help: "Count what is reserved as in use."},
			},
		},
		{
			Name: "quota-show", Summary: "Show the quotas of a project or of a user in it.", Run: quotaShow,
			Args: []arg.Arg{tenant, user, {Flags: "--detail", Action: arg.StoreTrue, Help: "Show what is in use and reserved too."}},
		},
		{Name: "quota-defaults", Summary: "Show the quotas that a project has if none are set.", Run: quotaDefaults, Args: []arg.Arg{tenant}},
		{Name: "quota-delete", Summary: "Go back to the default quotas.", Run: quotaDelete, Args: []arg.Arg{required, user}},
		{Name: "quota-update", Summary: "Set quotas.", Versions: "2.0-2.35", Run: quotaUpdate, Args: append(append(slices.Clone(update), quotaArgs(true)...), force)},
		{Name: "quota-update", Summary: "Set quotas.", Versions: "2.36", Run: quotaUpdate, Args: append(append(slices.Clone(update), quotaArgs(false)...), force)},
	}
}

// quotaNames are all quotas there ever were, in the order that they are listed in.
var quotaNames = [...]string{
	"instances", "cores", "ram", "floating_ips", "fixed_ips", "metadata_items", "injected_files", "injected_file_content_bytes",
	"injected_file_path_bytes", "key_pairs", "security_groups", "security_group_rules", "server_groups", "server_group_members",
}

// quotaArgs are the options of quota-update: one a quota. Those of networks went with 2.36, those of files with 2.57.
func quotaArgs(networks bool) []arg.Arg {
	var args []arg.Arg
	for _, name := range quotaNames {
		ofNetwork := strings.Contains(name, "_ips") || strings.HasPrefix(name, "security_")
		if ofNetwork && !networks {
			continue
		}
		dashed := strings.ReplaceAll(name, "_", "-")
		a := arg.Arg{Flags: "--" + dashed, Metavar: "<" + dashed + ">", Type: arg.Int, Deprecated: ofNetwork, Help: `New "` + dashed + `" quota; -1 for no limit.`}
		if strings.HasPrefix(name, "injected_") && !networks {
			a.Versions = "2.36-2.56"
		}
		args = append(args, a)
	}
	return args
}

// projectOf is the project that --tenant names, else the caller's.
func projectOf(ctx context.Context, e *verb.Env) (string, error) {
	if id := e.Args.String("tenant"); id != "" {
		return id, nil
	}
	info, err := e.Login.Info(ctx)
	if err == nil && info.Project.V.ID == "" {
		err = verb.Refuse("The token is for no project: name one with --tenant.")
	}
	return info.Project.V.ID, err
}

func quotaShow(ctx context.Context, e *verb.Env) error {
	project, err := projectOf(ctx, e)
	if err != nil {
		return err
	}
	in := compute.QuotaOf{Project: project, UserID: optional(e.Args.String("user"))}
	var quotas out.Object
	if e.Args.Bool("detail") {
		quotas, err = verb.AskFor(ctx, e.Compute(), compute.ShowQuotasDetail, in, "quota_set")
	} else {
		quotas, err = verb.AskFor(ctx, e.Compute(), compute.ShowQuotas, in, "quota_set")
	}
	if err != nil {
		return err
	}
	return printQuotas(e, quotas)
}

func printQuotas(e *verb.Env, quotas out.Object) error {
	var rows []out.Object
	for _, name := range quotaNames {
		if value, ok := quotas.Get(name); ok {
			rows = append(rows, out.Object{{Key: "quota", Value: name}, {Key: "limit", Value: value}})
		}
	}
	return e.List(verb.Columns("Quota", "Limit"), rows, "")
}

func quotaDefaults(ctx context.Context, e *verb.Env) error {
	project, err := projectOf(ctx, e)
	if err != nil {
		return err
	}
	quotas, err := verb.AskFor(ctx, e.Compute(), compute.ShowQuotaDefaults, compute.QuotaOf{Project: project}, "quota_set")
	if err != nil {
		return err
	}
	return printQuotas(e, quotas)
}

func quotaDelete(ctx context.Context, e *verb.Env) error {
	in := compute.QuotaOf{Project: e.Args.String("tenant"), UserID: optional(e.Args.String("user"))}
	_, err := client.Do(ctx, e.Compute(), compute.DeleteQuotas, in)
	return err
}

func quotaUpdate(ctx context.Context, e *verb.Env) error {
	a := e.Args
	asked := false
	value := func(dest string, there bool) wire.Opt[int] {
		if !there || !a.Has(dest) {
			return wire.Opt[int]{}
		}
		asked = true
		return wire.Some(a.Int(dest))
	}
	networks, files := !e.Since(36), !e.Since(57)
	changes := compute.QuotaChanges{
		Instances: value("instances", true), Cores: value("cores", true), RAM: value("ram", true),
		FloatingIPs: value("floating_ips", networks), FixedIPs: value("fixed_ips", networks), MetadataItems: value("metadata_items", true),
		InjectedFiles: value("injected_files", files), InjectedFileContent: value("injected_file_content_bytes", files),
		InjectedFilePath: value("injected_file_path_bytes", files), KeyPairs: value("key_pairs", true),
		SecurityGroups: value("security_groups", networks), SecurityGroupRules: value("security_group_rules", networks),
		ServerGroups: value("server_groups", true), ServerGroupMembers: value("server_group_members", true),
	}
	if !asked {
		return nil
	}
	if a.Bool("force") {
		changes.Force = wire.Some(true)
	}
	in := compute.QuotaUpdate{Project: a.String("tenant"), UserID: optional(a.String("user")), Quotas: changes}
	_, err := client.Do(ctx, e.Compute(), compute.UpdateQuotas, in)
	return err
}

// limitNames say which limit a member is about: its row, and whether it is the used or the max column.
var limitNames = map[string][2]string{
	"maxServerMeta": {"Server Meta", "max"}, "maxPersonality": {"Personality", "max"}, "maxPersonalitySize": {"Personality Size", "max"},
	"maxImageMeta": {"ImageMeta", "max"}, "maxTotalKeypairs": {"Keypairs", "max"},
	"totalCoresUsed": {"Cores", "used"}, "maxTotalCores": {"Cores", "max"},
	"totalRAMUsed": {"RAM", "used"}, "maxTotalRAMSize": {"RAM", "max"},
	"totalInstancesUsed": {"Instances", "used"}, "maxTotalInstances": {"Instances", "max"},
	"totalFloatingIpsUsed": {"FloatingIps", "used"}, "maxTotalFloatingIps": {"FloatingIps", "max"},
	"totalSecurityGroupsUsed": {"SecurityGroups", "used"}, "maxSecurityGroups": {"SecurityGroups", "max"},
	"maxSecurityGroupRules": {"SecurityGroupRules", "max"}, "maxServerGroups": {"ServerGroups", "max"},
	"totalServerGroupsUsed": {"ServerGroups", "used"}, "maxServerGroupMembers": {"ServerGroupMembers", "max"},
}

func limits(ctx context.Context, e *verb.Env) error {
	query := compute.LimitsQuery{Project: optional(e.Args.String("tenant"))}
	if e.Args.Bool("reserved") {
		if e.Since(75) {
			return verb.Refuse("From API version 2.75 on the server counts nothing as reserved: leave --reserved out, or ask with --os-compute-api-version 2.74.")
		}
		query.Reserved = wire.Some("1")
	}
	all, err := verb.AskFor(ctx, e.Compute(), compute.ShowLimits, query, "limits")
	if err != nil {
		return err
	}
	var rates []out.Object
	for _, rate := range verb.Objects(all, "rate") {
		for _, limit := range verb.Objects(rate, "limit") {
			rates = append(rates, append(slices.Clone(limit),
				out.Member{Key: "uri", Value: verb.Member(rate, "uri")}, out.Member{Key: "remain", Value: verb.Member(limit, "remaining")},
				out.Member{Key: "next_available", Value: verb.Member(limit, "next-available")}))
		}
	}
	if err := e.List(verb.Columns("Verb", "URI", "Value", "Remain", "Unit", "Next_Available"), rates, ""); err != nil {
		return err
	}
	return printAbsoluteLimits(e, all)
}

func printAbsoluteLimits(e *verb.Env, all out.Object) error {
	columns := verb.Columns("Name", "Used", "Max")
	absolute, _ := verb.Member(all, "absolute").(out.Object)
	rows := map[string]*out.Object{}
	var names []string
	for _, m := range absolute {
		place, known := limitNames[m.Key]
		if !known {
			place = [2]string{m.Key, "other"}
			if len(columns) == 3 {
				columns = append(columns, verb.Column{Name: "Other"})
			}
		}
		row := rows[place[0]]
		if row == nil {
			row = &out.Object{{Key: "name", Value: place[0]}, {Key: "used", Value: "-"}, {Key: "max", Value: "-"}, {Key: "other", Value: "-"}}
			rows[place[0]] = row
			names = append(names, place[0])
		}
		verb.Set(row, place[1], m.Value)
	}
	slices.Sort(names)
	list := make([]out.Object, len(names))
	for i, name := range names {
		list[i] = *rows[name]
	}
	return e.List(columns, list, "")
}

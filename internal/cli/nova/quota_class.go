package nova

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

func quotaClassCommands() []command {
	class := arg.Arg{Dest: "class_name", Metavar: "<class>", Help: `Name of the quota class; only "default" is used.`}
	return []command{
		{Name: "quota-class-show", Summary: "Show the quotas of a quota class.", Run: quotaClassShow, Args: []arg.Arg{class}},
		{Name: "quota-class-update", Summary: "Set quotas of a quota class.", Versions: "2.0-2.49", Run: quotaClassUpdate, Args: quotaClassArgs(class, true)},
		{Name: "quota-class-update", Summary: "Set quotas of a quota class.", Versions: "2.50", Run: quotaClassUpdate, Args: quotaClassArgs(class, false)},
	}
}

// quotaClassArgs are the class and one option a quota. Those of networks went with 2.50, those of files with 2.57.
func quotaClassArgs(class arg.Arg, networks bool) []arg.Arg {
	args := []arg.Arg{class}
	for _, a := range quotaArgs(networks) {
		if a.Versions != "" {
			a.Versions = "2.50-2.56"
		}
		args = append(args, a)
	}
	return args
}

func quotaClassShow(ctx context.Context, e *verb.Env) error {
	in := compute.QuotaClassName{Name: e.Args.String("class_name")}
	quotas, err := verb.AskFor(ctx, e.Compute(), compute.ShowQuotaClass, in, "quota_class_set")
	if err != nil {
		return err
	}
	return printQuotas(e, quotas)
}

func quotaClassUpdate(ctx context.Context, e *verb.Env) error {
	networks, files := !e.Since(50), !e.Since(57)
	var changes compute.QuotaClassChanges
	asked := false
	for _, quota := range [...]struct {
		dest  string
		to    *wire.Opt[int]
		there bool
	}{
		{"instances", &changes.Instances, true},
		{"cores", &changes.Cores, true},
		{"ram", &changes.RAM, true},
		{"floating_ips", &changes.FloatingIPs, networks},
		{"fixed_ips", &changes.FixedIPs, networks},
		{"metadata_items", &changes.MetadataItems, true},
		{"injected_files", &changes.InjectedFiles, files},
		{"injected_file_content_bytes", &changes.InjectedFileContent, files},
		{"injected_file_path_bytes", &changes.InjectedFilePath, files},
		{"key_pairs", &changes.KeyPairs, true},
		{"security_groups", &changes.SecurityGroups, networks},
		{"security_group_rules", &changes.SecurityGroupRules, networks},
		{"server_groups", &changes.ServerGroups, true},
		{"server_group_members", &changes.ServerGroupMembers, true},
	} {
		if quota.there && e.Args.Has(quota.dest) {
			*quota.to, asked = wire.Some(e.Args.Int(quota.dest)), true
		}
	}
	if !asked {
		return nil
	}
	in := compute.QuotaClassUpdate{Name: e.Args.String("class_name"), Class: changes}
	_, err := client.Do(ctx, e.Compute(), compute.UpdateQuotaClass, in)
	return err
}

package nova

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/verb"
)

func versionCommands() []command {
	return []command{{Name: "version-list", Summary: "List the versions of the API that this client and the server speak.", Run: versionList}}
}

func versionList(ctx context.Context, e *verb.Env) error {
	list, err := verb.AskAll(ctx, e.Compute().Root(), compute.ListVersions, wire.None{}, "versions")
	if err != nil {
		return err
	}
	columns := verb.Columns("Id", "Status", "Updated")
	if len(list) > 0 {
		if _, ok := list[0].Get("min_version"); ok {
			columns = append(columns, verb.Columns("Min Version", "Version")...)
		}
	}
	if err := e.Remark("Client supported API versions:\nMinimum version %s\nMaximum version %s\n\nServer supported API versions:", compute.MinVersion, newest); err != nil {
		return err
	}
	return e.List(columns, list, "")
}

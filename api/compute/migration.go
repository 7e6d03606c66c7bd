package compute

import "github.com/novalet/novalet/api/wire"

func migrationRoutes() []wire.Endpoint { return nil }

package compute

import "github.com/novalet/novalet/api/wire"

func serverAdminRoutes() []wire.Endpoint { return nil }

package compute

import "github.com/novalet/novalet/api/wire"

func serverDiagnosticsRoutes() []wire.Endpoint { return nil }

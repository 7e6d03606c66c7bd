package compute

import "github.com/novalet/novalet/api/wire"

func auditLogRoutes() []wire.Endpoint { return nil }

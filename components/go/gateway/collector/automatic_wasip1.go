package collector

import "runtime/debug"

func init() { debug.SetGCPercent(-1) }

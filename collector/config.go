package collector

import "time"

// Options are the settings of a Collector. The zero value is the ordinary one.
type Options struct {
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

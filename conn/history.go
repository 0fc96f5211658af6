package conn

import "time"

// History remembers of every connection what tells its heartbeat, and whether a
// keepalive probe is new. It keeps its memory between polls, about 200 bytes a
// connection, so it must not be used by two goroutines at once. The zero History
// is ready.
type History struct {
	pulses roll[pulse]
	at     time.Time // of the last snapshot
}

// Observe takes in a snapshot and sets Heartbeat and ProbeNew of its
// connections. It must be called once for every snapshot, before that is handed
// out.
func (h *History) Observe(s *Snapshot) {
	h.pulses.begin(len(s.Connections))
	var elapsed time.Duration
	if !h.at.IsZero() {
		elapsed = s.At.Sub(h.at)
	}
	h.at = s.At
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.State != StateEstablished || !c.TCP.Has(TCPBase|TCPBytes) {
			continue
		}
		e := h.pulses.find(c.ID())
		if e == nil {
			e = h.pulses.add(c.ID(), newPulse(c, s.At))
		}
		h.pulses.meet(e)
		c.Heartbeat, c.ProbeNew = e.of.observe(c, s.At), e.of.probed(c, elapsed)
	}
	h.pulses.forget(s.Whole())
}

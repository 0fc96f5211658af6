package conn

import "time"

// History remembers of every connection what tells its heartbeat, and whether a
// keepalive probe is new. It keeps its memory between polls, about 120 bytes a
// connection, so it must not be used by two goroutines at once. The zero History
// is ready.
type History struct {
	pulses roll[pulse]
	began  time.Time // with the first snapshot
	at     time.Time // of the last one
}

// Observe takes in a snapshot and sets Heartbeat and ProbeNew of its
// connections. It must be called once for every snapshot, before that is handed
// out.
func (h *History) Observe(s *Snapshot) {
	h.pulses.follow(s)
	if h.began.IsZero() {
		h.began, h.at = s.At, s.At
	}
	now, elapsed := s.At.Sub(h.began), s.At.Sub(h.at)
	h.at = s.At
	for i, e := range h.pulses.here {
		c := &s.Connections[i]
		if c.State != StateEstablished || !c.TCP.Has(TCPBase|TCPBytes) {
			h.pulses.here[i] = nil
			continue
		}
		if e == nil {
			e = h.pulses.add(i, c.ID(), newPulse(c, now))
		}
		c.Heartbeat, c.ProbeNew = e.of.observe(c, now), e.of.probed(c, elapsed)
	}
}

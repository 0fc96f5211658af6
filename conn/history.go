package conn

// History remembers of every connection what tells its heartbeat. It keeps its
// memory between polls, about 120 bytes a connection, so it must not be used by
// two goroutines at once. The zero History is ready.
type History struct {
	pulses map[ID]*pulse
	poll   uint64
}

// historyPatience is for how many polls a connection is remembered that a
// snapshot lacks although it may be there.
const historyPatience = 64

// Observe takes in a snapshot and sets Heartbeat of its connections. It must be
// called once for every snapshot, before that is handed out.
func (h *History) Observe(s *Snapshot) {
	if h.pulses == nil {
		h.pulses = make(map[ID]*pulse, len(s.Connections))
	}
	h.poll++
	present := 0
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.State != StateEstablished || !c.TCP.Has(TCPBase|TCPBytes) {
			continue
		}
		p := h.pulses[c.ID()]
		if p == nil {
			p = newPulse(c, s.At)
			h.pulses[c.ID()] = p
		}
		if p.poll != h.poll {
			present++
			p.poll = h.poll
		}
		c.Heartbeat = p.observe(c, s.At)
	}
	if present < len(h.pulses) {
		h.forget(s.Whole())
	}
}

// forget drops the connections that are gone.
func (h *History) forget(whole bool) {
	patience := uint64(historyPatience)
	if whole {
		patience = 0
	}
	for id, p := range h.pulses {
		if p.poll+patience < h.poll {
			delete(h.pulses, id)
		}
	}
}

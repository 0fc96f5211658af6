package conn

// EventRing holds the last events. It is for one goroutine at a time.
type EventRing struct {
	events  []Event
	next    int // where the next one goes once the ring is full
	dropped uint64
}

// NewEventRing makes a ring for n events, at least one.
func NewEventRing(n int) *EventRing { return &EventRing{events: make([]Event, 0, max(1, n))} }

// Add appends events, in place of the oldest ones when the ring is full.
func (r *EventRing) Add(events ...Event) {
	for i := range events {
		if len(r.events) < cap(r.events) {
			r.events = append(r.events, events[i])
			continue
		}
		r.events[r.next] = events[i]
		r.next = (r.next + 1) % len(r.events)
		r.dropped++
	}
}

// Events appends the events to dst, the oldest first.
func (r *EventRing) Events(dst []Event) []Event {
	return append(append(dst, r.events[r.next:]...), r.events[:r.next]...)
}

// Len is how many events the ring holds.
func (r *EventRing) Len() int { return len(r.events) }

// Dropped counts the events that had to give way to later ones.
func (r *EventRing) Dropped() uint64 { return r.dropped }

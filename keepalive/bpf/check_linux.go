package bpf

// Check tells why there is no fast path for reading and for setting, by the
// errors of Load and LoadSetter; nil where there is one. Nothing stays loaded.
func Check() (reading, setting error) {
	setter, err := LoadSetter(1)
	if err == nil {
		return nil, setter.Close()
	}
	it, reading := Load()
	if reading == nil {
		reading = it.Close()
	}
	return reading, err
}

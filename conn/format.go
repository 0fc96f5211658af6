package conn

import (
	"math"
	"strconv"
	"time"
)

// Span writes a duration in at most six columns, for tables: "0.3s", "48s",
// "6m12s", "2h05m", "3d04h", and "never" for Never. It rounds down, as a clock
// does: a connection that is said to be silent for 5m has been so.
func Span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == Never:
		return "never"
	case d < time.Minute:
		return seconds(d, "s")
	case d < time.Hour:
		return pair(d, time.Minute, "m", time.Second, "s")
	case d < day:
		return pair(d, time.Hour, "h", time.Minute, "m")
	case d < 100*day:
		return pair(d, day, "d", time.Hour, "h")
	default:
		return strconv.Itoa(int(d/day)) + "d"
	}
}

// seconds writes less than a minute.
func seconds(d time.Duration, unit string) string {
	if d >= 10*time.Second {
		return strconv.Itoa(int(d/time.Second)) + unit
	}
	tenths := int(max(0, d) / (100 * time.Millisecond))
	return strconv.Itoa(tenths/10) + "." + strconv.Itoa(tenths%10) + unit
}

func pair(d, major time.Duration, majorUnit string, minor time.Duration, minorUnit string) string {
	low := int(d % major / minor)
	pad := ""
	if low < 10 {
		pad = "0"
	}
	return strconv.Itoa(int(d/major)) + majorUnit + pad + strconv.Itoa(low) + minorUnit
}

// Prose writes a duration for a sentence: "2.9 s", "48 s", and from a minute
// on as Span does.
func Prose(d time.Duration) string {
	if d >= time.Minute {
		return Span(d)
	}
	return seconds(d, " s")
}

// Spoken writes a duration as one says it, to two units at most and without
// those that are zero: "6 h", "2 h 11 m", "48 s", "2.5 s". It rounds down.
func Spoken(d time.Duration) string {
	const day = 24 * time.Hour
	units := []struct {
		length time.Duration
		name   string
	}{{day, " d"}, {time.Hour, " h"}, {time.Minute, " m"}, {time.Second, " s"}}
	if d == Never {
		return "never"
	}
	for i, unit := range units {
		if d < unit.length {
			continue
		}
		text := strconv.Itoa(int(d/unit.length)) + unit.name
		if i+1 == len(units) {
			break
		}
		if low := d % unit.length / units[i+1].length; low > 0 && d < 10*day {
			text += " " + strconv.Itoa(int(low)) + units[i+1].name
		}
		return text
	}
	precision := 100 * time.Millisecond
	if d >= 10*time.Second {
		precision = time.Second
	}
	return strconv.FormatFloat(max(0, d).Truncate(precision).Seconds(), 'f', -1, 64) + " s"
}

// RoundTrip writes a duration of the size of round trips: "49 µs", "1.2 ms",
// "230 ms".
func RoundTrip(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
	case d < 10*time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return Span(d)
}

// Whole writes a whole number with its thousands apart: "1 131".
func Whole(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	out := make([]byte, 0, len(digits)+len(digits)/3)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out = append(out, ' ')
		}
		out = append(out, digits[i])
	}
	return sign + string(out)
}

// HowMany counts things in a sentence: "1 connection", "2 004 connections".
func HowMany(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Whole(n) + " " + thing + "s"
}

// Percent writes a share, 0 to 100, as "64 %". It is "100 %" only of all, and
// "0 %" only of nothing: what is left is what one looks for.
func Percent(share float64) string {
	whole := math.Round(share)
	if share > 0 && share < 100 {
		whole = min(max(whole, 1), 99)
	}
	return strconv.FormatFloat(whole, 'f', -1, 64) + " %"
}

// Bytes writes an amount of data in at most seven columns, in powers of 1024:
// "512 B", "1.4 KiB", "23 MiB".
func Bytes(n uint64) string {
	if n < 1024 {
		return strconv.FormatUint(n, 10) + " B"
	}
	value, unit := float64(n)/1024, 0
	for value >= 1023.5 && unit < len(byteUnits)-1 {
		value /= 1024
		unit++
	}
	digits := 0
	if value < 9.95 {
		digits = 1
	}
	return strconv.FormatFloat(value, 'f', digits, 64) + " " + byteUnits[unit]
}

var byteUnits = [...]string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}

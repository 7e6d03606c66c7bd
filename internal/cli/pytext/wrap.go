package pytext

import (
	"strings"
	"unicode"
)

// Fill is textwrap.fill(text, width): whitespace is normalised, words are broken at hyphens and, when longer than
// width, anywhere. Width counts code points and must be above zero.
func Fill(text string, width int) string {
	return strings.Join(Wrap(text, width), "\n")
}

// Wrap is textwrap.wrap(text, width): the lines of Fill. Text of nothing but whitespace has no lines.
func Wrap(text string, width int) []string {
	if width < 1 {
		width = 1
	}
	chunks := splitChunks(spaceOut([]rune(text)))
	var lines []string
	for len(chunks) > 0 {
		if len(lines) > 0 && blank(chunks[0]) {
			chunks = chunks[1:]
		}
		var line [][]rune
		length := 0
		for len(chunks) > 0 && length+len(chunks[0]) <= width {
			length += len(chunks[0])
			line = append(line, chunks[0])
			chunks = chunks[1:]
		}
		if len(chunks) > 0 && len(chunks[0]) > width {
			end := longWordEnd(chunks[0], width-length)
			line = append(line, chunks[0][:end])
			chunks[0] = chunks[0][end:]
		}
		if n := len(line); n > 0 && blank(line[n-1]) {
			line = line[:n-1]
		}
		if len(line) == 0 {
			continue
		}
		var b strings.Builder
		for _, chunk := range line {
			b.WriteString(string(chunk))
		}
		lines = append(lines, b.String())
	}
	return lines
}

// longWordEnd is where a word longer than a whole line is cut when room code points are left: after its last hyphen
// that fits, unless only hyphens stand before it.
func longWordEnd(word []rune, room int) int {
	for i := room - 1; i > 0; i-- {
		if word[i] != '-' {
			continue
		}
		for _, r := range word[:i] {
			if r != '-' {
				return i + 1
			}
		}
		break
	}
	return room
}

// spaceOut expands tabs to columns of eight and turns every other ASCII whitespace into a space.
func spaceOut(text []rune) []rune {
	spaced := make([]rune, 0, len(text))
	column := 0
	for _, r := range text {
		switch {
		case r == '\t':
			for {
				spaced = append(spaced, ' ')
				if column++; column%8 == 0 {
					break
				}
			}
			continue
		case r == '\n' || r == '\r':
			column = -1
			fallthrough
		case asciiSpace(r):
			r = ' '
		}
		spaced = append(spaced, r)
		column++
	}
	return spaced
}

// splitChunks cuts text into the pieces a line may end after: runs of spaces, words, the parts of hyphenated words
// with their hyphen, and dashes between words.
func splitChunks(text []rune) [][]rune {
	var chunks [][]rune
	for start := 0; start < len(text); {
		end := chunkEnd(text, start)
		chunks = append(chunks, text[start:end:end])
		start = end
	}
	return chunks
}

func chunkEnd(text []rune, start int) int {
	end := start
	for end < len(text) && asciiSpace(text[end]) {
		end++
	}
	if end > start {
		return end
	}
	if start > 0 && wordOrPunct(text[start-1]) {
		if end := dashEnd(text, start); end > start {
			return end
		}
	}
	for end = start + 1; end < len(text) && !asciiSpace(text[end]); end++ {
		if breaksAfterHyphen(text, end) {
			return end + 1
		}
		if wordOrPunct(text[end-1]) && dashEnd(text, end) > end {
			return end
		}
	}
	return end
}

// dashEnd is the end of two or more hyphens at i that a word follows, else i.
func dashEnd(text []rune, i int) int {
	end := i
	for end < len(text) && text[end] == '-' {
		end++
	}
	if end-i >= 2 && end < len(text) && word(text[end]) {
		return end
	}
	return i
}

// breaksAfterHyphen says whether the hyphen at i joins two parts of a word: letters stand on both sides of it.
func breaksAfterHyphen(text []rune, i int) bool {
	if text[i] != '-' {
		return false
	}
	before := i >= 2 && letter(text[i-2]) && letter(text[i-1]) ||
		i >= 3 && letter(text[i-3]) && text[i-2] == '-' && wordOrPunct(text[i-1])
	if !before || i+2 >= len(text) || !letter(text[i+1]) {
		return false
	}
	return letter(text[i+2]) || text[i+2] == '-' && i+3 < len(text) && letter(text[i+3])
}

func asciiSpace(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }

func word(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

func letter(r rune) bool { return word(r) && !unicode.IsDigit(r) }

func wordOrPunct(r rune) bool { return word(r) || strings.ContainsRune(`!"'&.,?`, r) }

func blank(chunk []rune) bool {
	for _, r := range chunk {
		if !Space(r) {
			return false
		}
	}
	return true
}

// Space says whether str.strip() takes r away.
func Space(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

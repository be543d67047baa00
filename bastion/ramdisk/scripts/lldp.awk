# Reads a frame of LLDP, as od prints it: says the switch (its name, else its address) and its port, a line each.
function hex(i, text, k) {
  for (k = i; k < i + size - 1; k++) text = text (text == "" ? "" : ":") byte[k + 1]
  return text
}
function word(from, length_, text, k, code) {
  for (k = from; k < from + length_; k++) {
    code = digit[substr(byte[k], 1, 1)] * 16 + digit[substr(byte[k], 2, 1)]
    text = text (code >= 32 && code < 127 ? sprintf("%c", code) : "?")
  }
  return text
}
BEGIN { for (i = 0; i < 16; i++) digit[substr("0123456789abcdef", i + 1, 1)] = i; n = 0 }
{ for (i = 1; i <= NF; i++) byte[n++] = $i }
END {
  for (at = 0; at + 1 < n; at += 2 + size) {
    head = digit[substr(byte[at], 1, 1)] * 4096 + digit[substr(byte[at], 2, 1)] * 256 + digit[substr(byte[at + 1], 1, 1)] * 16 + digit[substr(byte[at + 1], 2, 1)]
    type = int(head / 512)
    size = head % 512
    if (type == 0 || at + 2 + size > n) break
    # Of the switch and the port, one byte says what follows: 4 and 3 are addresses of Ethernet.
    kind = byte[at + 2]
    if (type == 1) chassis = kind == "04" ? hex(at + 2) : word(at + 3, size - 1)
    if (type == 2) port = kind == "03" ? hex(at + 2) : word(at + 3, size - 1)
    if (type == 5) name = word(at + 2, size)
  }
  if (chassis != "") print (name == "" ? chassis : name) "\n" port
}

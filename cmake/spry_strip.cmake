# SPDX-License-Identifier: Apache-2.0
# spry_strip(<target>): after the link, keeps the line tables in <file>.debug and strips <file>.
function(spry_strip target)
endfunction()

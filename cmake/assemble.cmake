# cmake -DGLSLC=PROGRAM -DFILE=NAME -DHEADER=NAME -P assemble.cmake: makes a header of SPIR-V words from SPIR-V
# assembly, without the names of variables and the source's language, which no driver needs.
file(READ ${FILE} text)
string(REGEX REPLACE "\n *Op(Name|MemberName|Source|SourceExtension) [^\n]*" "" text "${text}")
file(WRITE ${FILE} "${text}")
execute_process(COMMAND ${GLSLC} -mfmt=c -o ${HEADER} ${FILE} COMMAND_ERROR_IS_FATAL ANY)

# glslc always writes version 1.0 into the header of what it assembles, so the assembly's own version is put back.
string(REGEX MATCH "; Version: 1\\.([0-9])\n" version "${text}")
file(READ ${HEADER} words)
string(REGEX REPLACE "^{0x07230203,0x00010[0-9]00," "{0x07230203,0x00010${CMAKE_MATCH_1}00," words "${words}")
file(WRITE ${HEADER} "${words}")

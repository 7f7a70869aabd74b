# s2vk_embed_shaders(TARGET SHADER...): compiles GLSL shaders with glslc and makes each one available to TARGET as a
# header NAME.spv.h, which holds its SPIR-V words as an initializer list.
# s2vk_embed_shader(TARGET NAME SHADER [GLSLC FILE] [OPTION...]): one of them, under another name, by another glslc, and
# with options for it.
# Optimized SPIR-V (-O) without -g has no names of variables, no source and no other strings that a driver does not
# need. -O also inlines all functions. With CALLS functions are not inlined; drivers do that by themselves. A shader
# that calls long functions from several places then has a third to a half fewer words. The code that Mesa's compilers
# for AMD, NVIDIA, Apple and Adreno make from it differs by 2 % of the instructions at most.
find_program(S2VK_GLSLC glslc REQUIRED)
set(S2VK_COMPILED_SHADERS "$ENV{S2VK_COMPILED_SHADERS}" CACHE PATH
  "Another build of the same sources: its headers of shaders are taken, and only others are compiled")
if(S2VK_COMPILED_SHADERS STREQUAL s2vk_BINARY_DIR)
  set(S2VK_COMPILED_SHADERS "")
endif()

# s2vk_find_glslc(VARIABLE EXTENSION): a glslc that knows an extension of GLSL, in the cache: what it says there, or
# S2VK_GLSLC if that does, or an empty string. A glslc that was given and does not know it is an error.
function(s2vk_find_glslc variable extension)
  set(${variable} "" CACHE FILEPATH "A glslc that knows ${extension}; by default S2VK_GLSLC, if it does")
  set(glslc ${S2VK_GLSLC})
  if(${variable})
    set(glslc ${${variable}})
  endif()
  set(probe ${CMAKE_CURRENT_BINARY_DIR}/${extension}.comp)
  file(WRITE ${probe} "#version 450\n#extension ${extension} : require\nvoid main() {}\n")
  execute_process(COMMAND ${glslc} --target-env=vulkan1.1 -o ${probe}.spv ${probe} RESULT_VARIABLE result ERROR_QUIET)
  if(result EQUAL 0)
    set(${variable} ${glslc} PARENT_SCOPE)
  elseif(${variable})
    message(FATAL_ERROR "${variable}: ${glslc} does not know ${extension}")
  endif()
endfunction()

function(s2vk_embed_shader target name shader)
  cmake_parse_arguments(PARSE_ARGV 3 embed "CALLS" "GLSLC" "")
  get_filename_component(source ${shader} ABSOLUTE)
  file(RELATIVE_PATH folder ${s2vk_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR}/shaders)
  if(S2VK_COMPILED_SHADERS AND EXISTS ${S2VK_COMPILED_SHADERS}/${folder}/${name}.spv.h)
    target_include_directories(${target} PRIVATE ${S2VK_COMPILED_SHADERS}/${folder})
    return()
  endif()
  set(header ${CMAKE_CURRENT_BINARY_DIR}/shaders/${name}.spv.h)
  set(glslc ${S2VK_GLSLC})
  if(embed_GLSLC)
    set(glslc ${embed_GLSLC})
  endif()
  set(compile ${glslc} --target-env=vulkan1.1 -Werror ${embed_UNPARSED_ARGUMENTS}
    -MD -MF ${header}.d -MT ${header})
  if(embed_CALLS)
    set(assembly ${header}.spvasm)
    set(commands
      COMMAND ${compile} -O0 -S -o ${assembly} ${source}
      COMMAND ${CMAKE_COMMAND} -DGLSLC=${glslc} -DFILE=${assembly} -DHEADER=${header}
        -P ${s2vk_SOURCE_DIR}/cmake/assemble.cmake)
  else()
    set(commands COMMAND ${compile} -O -mfmt=c -o ${header} ${source})
  endif()
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/shaders
    ${commands}
    DEPENDS ${source} ${s2vk_SOURCE_DIR}/cmake/assemble.cmake
    DEPFILE ${header}.d
    COMMENT "Compiling ${name}"
    VERBATIM)
  target_sources(${target} PRIVATE ${header})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/shaders)
endfunction()

function(s2vk_embed_shaders target)
  foreach(shader IN LISTS ARGN)
    get_filename_component(name ${shader} NAME_WE)
    s2vk_embed_shader(${target} ${name} ${shader})
  endforeach()
endfunction()

# ---- The library's modules: a list of s2vk_shader(), and then s2vk_write_modules() -------------------------------

# s2vk_shader(NAME [CALLS] [CPU] SOURCES SOURCE... [FIXED "SOURCE CONSTANT=VALUE..."...]): a shader of pipelines, made
# from shaders/NAME.comp. For each source that it can read (tensor, pixels, image) it has a module of every permutation;
# FIXED ones, one each, have these constants in place: all sizes, and if types are among them all others, too. Of
# several that suit a pipeline the first is taken. CALLS is of all but the FIXED ones, whose drivers optimize little. A
# shader for CPU drivers alone (CPU) has no modules without S2VK_CPU_SHADERS.
function(s2vk_shader name)
  cmake_parse_arguments(PARSE_ARGV 1 shader "CALLS;CPU" "" "SOURCES;FIXED")
  set(calls "")
  if(shader_CALLS)
    set(calls CALLS)
  endif()
  set_property(DIRECTORY APPEND PROPERTY s2vk_shaders ${name})
  if(shader_CPU AND NOT S2VK_CPU_SHADERS)
    return()
  endif()
  foreach(source IN LISTS shader_SOURCES)
    s2vk_module(${name} ${source} plain "0, {{0}}" ${calls})
    if(S2VK_MOLTENVK_SHADERS)
      s2vk_module(${name} ${source} sized "0, {{0}}" -DSIZED ${calls})
    endif()
    if(S2VK_CPU_SHADERS)
      s2vk_module(${name} ${source} texels "0, {{0}}" -DTEXELS ${calls})
      s2vk_module(${name} ${source} int64 "0, {{0}}" -DTEXELS -DINT64 ${calls})
    endif()
  endforeach()
  set(number 0)
  foreach(fixed IN LISTS shader_FIXED)
    math(EXPR number "${number} + 1")
    separate_arguments(constants UNIX_COMMAND ${fixed})
    list(POP_FRONT constants source)
    list(LENGTH constants count)
    string(REGEX REPLACE "([^;=]+)=([^;]+)" "{\\1, \\2}" values "${constants}")
    string(REPLACE ";" ", " values "${values}")
    set(all "")
    if("${constants}" MATCHES S2_SOURCE_TYPE)
      set(all -DFIXED_ALL)
    endif()
    list(TRANSFORM constants PREPEND -DFIXED_)
    s2vk_module(${name} ${source} fixed "${count}, {${values}}" NUMBER ${number} -DFIXED ${all} ${constants})
  endforeach()
endfunction()

# A module: its header, and its lines of modules.c. A FIXED one is named by its number in its shader's list.
function(s2vk_module shader source permutation values)
  cmake_parse_arguments(PARSE_ARGV 4 module "" "NUMBER" "")
  set(module ${shader}_${source}_${permutation})
  if(module_NUMBER)
    set(module ${module}_${module_NUMBER})
  endif()
  set_property(DIRECTORY APPEND PROPERTY s2vk_modules ${module})
  string(TOUPPER "{S2_SHADER_${shader}, S2_SOURCE_${source}, S2_PERMUTATION_${permutation}, " row)
  set_property(DIRECTORY APPEND PROPERTY s2vk_module_rows "    ${row}${values}, ${module}, sizeof ${module}},\n")
  set(define "")
  if(NOT source STREQUAL tensor)
    string(TOUPPER -D${source} define)
  endif()
  s2vk_embed_shader(s2vk ${module} ${s2vk_SOURCE_DIR}/shaders/${shader}.comp ${define}
    ${module_UNPARSED_ARGUMENTS})
endfunction()

# Writes modules.h and modules.c, and adds them to the library.
function(s2vk_write_modules)
  get_property(shaders DIRECTORY PROPERTY s2vk_shaders)
  get_property(modules DIRECTORY PROPERTY s2vk_modules)
  get_property(rows DIRECTORY PROPERTY s2vk_module_rows)
  set(enum "")
  set(names "")
  set(words "")
  foreach(shader IN LISTS shaders)
    string(TOUPPER ${shader} upper)
    string(APPEND enum "  S2_SHADER_${upper},\n")
    string(APPEND names "      \"${shader}\",\n")
  endforeach()
  foreach(module IN LISTS modules)
    string(APPEND words "static const uint32_t ${module}[] =\n#include \"${module}.spv.h\"\n    ;\n")
  endforeach()
  list(JOIN rows "" rows)
  configure_file(${s2vk_SOURCE_DIR}/cmake/modules.h.in ${CMAKE_CURRENT_BINARY_DIR}/shaders/modules.h @ONLY)
  configure_file(${s2vk_SOURCE_DIR}/cmake/modules.c.in ${CMAKE_CURRENT_BINARY_DIR}/shaders/modules.c @ONLY)
  target_sources(s2vk PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/shaders/modules.c)
  # Ahead of the folder of another build, whose options may be others.
  target_include_directories(s2vk BEFORE PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/shaders)
  if(S2VK_SANITIZE OR S2VK_BUILD_FUZZERS) # it has no code, and takes three times as long with sanitizers
    set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/shaders/modules.c PROPERTIES
      COMPILE_OPTIONS -fno-sanitize=all)
  endif()
endfunction()

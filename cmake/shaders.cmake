# s2vk_embed_shaders(TARGET SHADER...): compiles GLSL shaders with glslc and makes each one available to TARGET
# as a header NAME.spv.h, which holds its SPIR-V words as an initializer list.
# s2vk_embed_shader(TARGET NAME SHADER [OPTION...]): one of them, under another name and with options for glslc.
find_program(S2VK_GLSLC glslc REQUIRED)

function(s2vk_embed_shader target name shader)
  get_filename_component(source ${shader} ABSOLUTE)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/shaders/${name}.spv.h)
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/shaders
    COMMAND ${S2VK_GLSLC} --target-env=vulkan1.1 -O -Werror ${ARGN} -mfmt=c -MD -MF ${header}.d -MT ${header} -o ${header} ${source}
    DEPENDS ${source}
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
